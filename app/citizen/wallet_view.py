"""The wallet in the three piles people look for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PILES = ("usable", "used", "gone")
PILE_OF = {"issued": "usable", "redeemed": "used", "expired": "gone", "revoked": "gone"}


def split(vouchers: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Usable ones with what expires first on top; used and gone ones with the latest on top."""
    piles: dict[str, list[dict[str, Any]]] = {name: [] for name in PILES}
    for voucher in vouchers:
        piles[PILE_OF[voucher["status"]]].append(voucher)
    for name in PILES[1:]:
        piles[name].reverse()
    return piles
