"""Blind stand-ins for what the fences of settlements and payouts are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.payout import Verdict


def nobodys(_: Any) -> Callable[..., bool]:
    """Nothing was opened by who asks."""
    return lambda *_: False


def greedy(_: Any) -> Callable[..., int]:
    """All that was ever earned is due."""
    return lambda earned_fen, covered_fen, payable_fen: int(earned_fen)


def none_known(_: Any) -> Callable[..., dict[str, Any]]:
    """No payout is there already."""
    return lambda *_: {}


def always_asks(original: Callable[..., int | None]) -> Callable[..., int | None]:
    """A payout that is there asks for its amount, whatever its state."""
    return lambda sums, found, payable: found.amount_fen if found else original(sums, found, payable)


def credulous(_: Any) -> Callable[..., Verdict]:
    """Every word of the bank is believed."""
    return lambda *_: Verdict.APPLIED
