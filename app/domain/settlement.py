"""Sums of a settlement batch and the hash that freezes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class MerchantLine:
    """What one merchant gets for the closed interval, in fen; `net_fen` may be negative (carried on)."""

    merchant_id: str
    redeemed_count: int
    reversed_count: int
    redeemed_fen: int
    reversed_fen: int

    @property
    def net_fen(self) -> int:
        """Subsidies redeemed minus subsidies taken back."""
        return self.redeemed_fen - self.reversed_fen


def fingerprint(campaign_id: str, from_no: int, to_no: int, lines: Sequence[MerchantLine]) -> str:
    """SHA-256 over the bounds and the lines in merchant order: equal content, equal hash."""
    content = [
        campaign_id,
        from_no,
        to_no,
        [asdict(line) for line in sorted(lines, key=lambda each: each.merchant_id)],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
