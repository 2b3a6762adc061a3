"""Signs that a merchant turns vouchers into cash: named rules over its redemptions, each with its evidence.

A rule accuses nobody; it holds the money of the purchases it names until a person has looked (ADR 27). A shop whose
set menu costs exactly the threshold looks like one that invents orders: no threshold below tells them apart for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.instants import MINUTE_MS, weekday_and_minute

LEAST = 20  # purchases of one merchant before a share of them says anything


@dataclass(frozen=True)
class Purchase:
    """One redemption line. `order_fen` and `threshold_fen` are what the voucher's rule compares; `at` is epoch ms."""

    line_id: str
    store_id: str
    terminal_id: str
    citizen_id: str
    order_fen: int
    threshold_fen: int
    at: int


@dataclass(frozen=True)
class Sign:
    """A rule's finding about one merchant: its figures in words, and for each purchase what speaks against it."""

    rule: str
    figures: str
    evidence: Mapping[str, str]


def hugging(purchases: Sequence[Purchase]) -> Sign | None:
    """Orders that just reach the threshold: at most 2 % above it, 50 % of all."""
    near = [
        each for each in purchases if 0 <= each.order_fen - each.threshold_fen <= each.threshold_fen // 50
    ]
    words = {each.line_id: f"order {each.order_fen} fen, threshold {each.threshold_fen}" for each in near}
    return _share("threshold_hugging", words, len(purchases), 50)


def round_amounts(purchases: Sequence[Purchase]) -> Sign | None:
    """Whole hundreds of yuan, 45 % of all: goods have odd prices."""
    whole = {
        each.line_id: f"order {each.order_fen} fen" for each in purchases if each.order_fen % 10_000 == 0
    }
    return _share("round_amounts", whole, len(purchases), 45)


def night(purchases: Sequence[Purchase]) -> Sign | None:
    """Between one and five in the morning, 40 % of all."""
    dark = {each.line_id: f"at {_hour(each.at):02d} h" for each in purchases if 1 <= _hour(each.at) < 5}
    return _share("night", dark, len(purchases), 40)


def burst(purchases: Sequence[Purchase]) -> Sign | None:
    """Ten or more at one terminal within five minutes: no cashier serves that fast."""
    found: dict[str, str] = {}
    for terminal_id in sorted({each.terminal_id for each in purchases}):
        served = sorted(
            (each for each in purchases if each.terminal_id == terminal_id), key=lambda each: each.at
        )
        for first, last in zip(served, served[9:], strict=False):
            if last.at - first.at <= 5 * MINUTE_MS:
                within = [each for each in served if first.at <= each.at <= last.at]
                found |= {each.line_id: f"{len(within)} in five minutes at {terminal_id}" for each in within}
    return Sign("burst", f"{len(found)} of {len(purchases)}", found) if found else None


def ring(purchases: Sequence[Purchase]) -> Sign | None:
    """A few citizens again and again: of the six most frequent those who came four times, 40 % of all."""
    regulars = {
        who: times
        for who, times in Counter(each.citizen_id for each in purchases).most_common(6)
        if times >= 4
    }
    often = [each for each in purchases if each.citizen_id in regulars]
    words = {each.line_id: f"holder came {regulars[each.citizen_id]} times" for each in often}
    return _share("ring", words, len(purchases), 40)


RULES: tuple[Callable[[Sequence[Purchase]], Sign | None], ...] = (hugging, round_amounts, night, burst, ring)


def signs(purchases: Sequence[Purchase]) -> list[Sign]:
    """What the rules say of one merchant's purchases in one campaign."""
    return [sign for rule in RULES if (sign := rule(purchases)) is not None]


def _share(rule: str, words: Mapping[str, str], of: int, percent: int) -> Sign | None:
    """A sign where `words` speak against so many percent of enough purchases."""
    if of < LEAST or len(words) * 100 < of * percent:
        return None
    return Sign(rule, f"{len(words)} of {of}", words)


def _hour(at: int) -> int:
    return weekday_and_minute(at)[1] // 60
