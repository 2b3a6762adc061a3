"""Sums of a settlement batch, the hash that freezes them, what of them is due, and what is looked at before."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from app.domain.accounts import NOT_EARNED

# Lines that were frozen before there were holds have none of these, and keep their hash.
_LATER = ("held_fen", "freed_fen", "adjusted_fen")
_NEVER_COUNTED = dict.fromkeys(("redeemed_count", "reversed_count", "redeemed_fen", "reversed_fen"), 0)
# What a posting of each kind adds to, and whether as what `payable` gains (1) or loses (-1). Payouts and their returns
# move `payable` too, and are not earned.
_ADDS_TO = {
    "redeem": ("redeemed_fen", 1),
    "reverse": ("reversed_fen", -1),
    "refund": ("reversed_fen", -1),
    "hold": ("held_fen", -1),
    "free": ("freed_fen", 1),
    "gesture": ("adjusted_fen", 1),
    "clawback": ("adjusted_fen", 1),
}
_COUNTED = {"redeem": "redeemed_count", "reverse": "reversed_count", "refund": "reversed_count"}


@dataclass(frozen=True)
class MerchantLine:
    """What one merchant gets for the closed interval, in fen; `net_fen` may be negative (carried on).

    `held_fen` went on hold in the interval, `freed_fen` came back from one, `adjusted_fen` is gestures less claw-backs.
    """

    merchant_id: str
    redeemed_count: int
    reversed_count: int
    redeemed_fen: int
    reversed_fen: int
    held_fen: int = 0
    freed_fen: int = 0
    adjusted_fen: int = 0

    @property
    def net_fen(self) -> int:
        """Subsidies redeemed minus subsidies taken back, without what is on hold."""
        return self.redeemed_fen - self.reversed_fen - self.held_fen + self.freed_fen + self.adjusted_fen


def merchant_lines(summed: Iterable[tuple[str, str, int, int]]) -> list[MerchantLine]:
    """Lines in merchant order, of postings summed by merchant and kind: how many, and what `payable` gained (fen).

    Raises KeyError for a kind that moves `payable` and has no part in a line.
    """
    lines: dict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int, _NEVER_COUNTED))
    for merchant_id, kind, times, fen in summed:
        if kind in NOT_EARNED:
            continue
        part, sign = _ADDS_TO[kind]
        lines[merchant_id][part] += sign * fen
        if kind in _COUNTED:
            lines[merchant_id][_COUNTED[kind]] += times
    return [MerchantLine(merchant_id, **line) for merchant_id, line in sorted(lines.items())]


def fingerprint(campaign_id: str, from_no: int, to_no: int, lines: Sequence[MerchantLine]) -> str:
    """SHA-256 over the bounds and the lines in merchant order: equal content, equal hash."""
    content = [
        campaign_id,
        from_no,
        to_no,
        [_content(line) for line in sorted(lines, key=lambda each: each.merchant_id)],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _content(line: MerchantLine) -> dict[str, str | int]:
    return {name: value for name, value in asdict(line).items() if value or name not in _LATER}


def due(earned_fen: int, covered_fen: int, payable_fen: int) -> int:
    """What a payout of a batch asks for: never below 0.

    `earned_fen`: Σ net of the merchant's lines up to this batch. `covered_fen`: what its payouts already ask for.
    `payable_fen`: what the books owe it now, less what refused payouts still ask for; refunds and holds after the
    cutoff have lowered it, and what is then missing stays for a later payout.
    """
    return max(0, min(earned_fen - covered_fen, payable_fen))


def sample(line_ids: Iterable[str], percent: int, seed: str) -> list[str]:
    """Which redemption lines somebody looks at before approval: so many percent, rounded up.

    `seed` is the hash of the frozen lines: whoever redeems cannot know it, and anyone can draw again.
    """
    ordered = sorted(line_ids, key=lambda line_id: hashlib.sha256(f"{seed}|{line_id}".encode()).digest())
    return ordered[: -(-len(ordered) * percent // 100)]
