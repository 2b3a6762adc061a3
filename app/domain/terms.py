"""What a voucher takes off, and for which goods, when, where and with which others it may be redeemed (ADR 0020).

A term that is None does not limit. Weekdays are 1 (Monday) to 7, hours are minutes of the Shanghai day, `[from, to)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.campaign import Fault
from app.domain.instants import weekday_and_minute
from app.domain.refusals import Refusal

DAY_MINUTES = 1_440
WHOLE_BP = 10_000

LISTS = ("goods_in", "goods_out", "weekdays", "hours", "areas", "categories")
WhyNot = tuple[Refusal, dict[str, Any]]


class Kind(StrEnum):
    """满减: the face off an order that is large enough. 折扣: a part off, the face is the cap. 代金: up to the face."""

    FULL_REDUCTION = "full_reduction"
    PERCENT = "percent"
    CASH = "cash"


@dataclass(frozen=True)
class Place:
    """Where an order is paid: the merchant's category, the store's area, a test or live till."""

    category: str = ""
    area: str = ""
    is_test: bool = False


@dataclass(frozen=True)
class Terms:
    """The terms of a batch. `off_bp`: basis points off (折扣); `merchants`: how many are named, 0 for all.

    Goods are named as those it is for (`goods_in`) or those it is not for (`goods_out`). Of the vouchers of one
    `exclusive_group` an order takes one; of the batch's own `per_order`.
    """

    kind: Kind = Kind.FULL_REDUCTION
    off_bp: int | None = None
    goods_in: tuple[str, ...] | None = None
    goods_out: tuple[str, ...] | None = None
    weekdays: tuple[int, ...] | None = None
    hours: tuple[tuple[int, int], ...] | None = None
    areas: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    merchants: int = 0
    exclusive_group: str | None = None
    per_order: int | None = None

    @property
    def needs_basket(self) -> bool:
        """Whether the total of an order is not enough to know what this voucher may pay."""
        return self.goods_in is not None or self.goods_out is not None

    def worth_fen(self, face_fen: int, eligible_fen: int) -> int:
        """What it takes off goods of this price. A percentage is rounded down to the fen and ends at the face."""
        if self.off_bp is None:
            return face_fen
        return min(face_fen, eligible_fen * self.off_bp // WHOLE_BP)

    def eligible(self, goods: Iterable[str]) -> frozenset[str]:
        """Which of these goods it may pay."""
        named = frozenset(goods)
        if self.goods_in is not None:
            return named & frozenset(self.goods_in)
        return named - frozenset(self.goods_out or ())

    def why_not_now(self, at: int) -> WhyNot | None:
        """The reason why it is not redeemed at this instant (epoch ms), with the days and hours that are right."""
        weekday, minute = weekday_and_minute(at)
        is_day = self.weekdays is None or weekday in self.weekdays
        if is_day and (self.hours is None or any(start <= minute < end for start, end in self.hours)):
            return None
        right = {
            "weekdays": self.weekdays and list(self.weekdays),
            "hours": self.hours and [shown_window(window) for window in self.hours],
        }
        return Refusal.WRONG_HOURS, {name: value for name, value in right.items() if value}

    def why_not_here(self, place: Place, is_named: bool) -> WhyNot | None:
        """The reason why it is not redeemed at this place, with what is right. `is_named`: it names the merchant."""
        if self.merchants and not is_named:
            return Refusal.WRONG_MERCHANT, {"merchants": self.merchants}
        if self.categories is not None and place.category not in self.categories:
            return Refusal.WRONG_CATEGORY, {"categories": list(self.categories)}
        if self.areas is not None and place.area not in self.areas:
            return Refusal.WRONG_AREA, {"areas": list(self.areas)}
        return None


NO_TERMS = Terms()


def shown_window(window: tuple[int, int]) -> dict[str, str]:
    """`{"from": "11:00", "to": "14:00"}`."""
    return dict(zip(("from", "to"), (f"{m // 60:02d}:{m % 60:02d}" for m in window), strict=True))


def lint_terms(terms: Terms, merchant_ids: Sequence[str] | None, where: str = "") -> list[Fault]:
    """What would go wrong with these terms and the merchants that are named, one entry per fault."""
    lists = {name: getattr(terms, name) for name in LISTS} | {"merchant_ids": merchant_ids}
    empty = [name for name, listed in lists.items() if listed is not None and not listed]
    faults = [
        Fault(where + name, "list_empty", "清单不能为空", "an empty list allows nothing") for name in empty
    ]
    checks = [
        (
            (terms.kind is Kind.PERCENT) != (terms.off_bp is not None),
            "off_bp",
            "percent_unclear",
            "折扣券须写明折扣，其他券不需要",
            "a percentage says how much, others do not",
        ),
        (
            terms.goods_in is not None and terms.goods_out is not None,
            "goods_out",
            "goods_unclear",
            "适用与不适用商品须二选一",
            "name the goods it is for, or those it is not for",
        ),
        (
            any(end <= start for start, end in terms.hours or ()),
            "hours",
            "end_before_start",
            "时段结束早于开始",
            "hours end before they start",
        ),
        (
            terms.exclusive_group is not None and (terms.per_order or 1) > 1,
            "per_order",
            "stacking_unclear",
            "互斥组内每单只能用一张",
            "of an exclusive group an order takes one",
        ),
    ]
    return faults + [Fault(where + name, code, zh, en) for wrong, name, code, zh, en in checks if wrong]
