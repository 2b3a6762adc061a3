"""Which vouchers apply to an order, which not and why, and what is short (试算).

The order amount (gross − merchant discounts, before vouchers) is the base of every threshold and percentage; where a
batch is for certain goods only, what these cost. No voucher changes what another one looks at: the order in which they
are applied decides only whose rest is forfeited (design 8, ADR 0020).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.domain import instants
from app.domain.money import MAX_FEN, share_out
from app.domain.refusals import Refusal, Refused
from app.domain.terms import NO_TERMS, Place, Terms, WhyNot
from app.domain.voucher_state import WHY_NOT, Act, Status, comes_from

# So often a voucher may be redeemed, and come back by a reversal in between.
MOST_REDEMPTIONS = 10
# So many vouchers may pay one order.
MOST_TOGETHER = 10
ALL_GOODS = ""


@dataclass(frozen=True)
class Order:
    """The amounts of one order, in fen. Raises Refused(AMOUNT_INVALID) where they make no sense.

    `items`: kinds of goods with what is payable for them, net of the merchant's discount; all of them or none, and a
    kind may come more than once.
    """

    gross_fen: int
    merchant_discount_fen: int = 0
    items: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.gross_fen <= MAX_FEN:
            raise _senseless("gross_fen")
        if not 0 <= self.merchant_discount_fen < self.gross_fen:
            raise _senseless("merchant_discount_fen")
        if self.items and sum(fen for _, fen in self.items) != self.order_fen:
            raise _senseless("items", order_fen=self.order_fen)

    @property
    def order_fen(self) -> int:
        """What is payable before vouchers (订单应付)."""
        return self.gross_fen - self.merchant_discount_fen

    @cached_property
    def goods(self) -> Mapping[str, int]:
        """What each kind of goods costs; without items one kind is all there is."""
        if not self.items:
            return {ALL_GOODS: self.order_fen}
        costs: dict[str, int] = {}
        for kind, fen in self.items:
            costs[kind] = costs.get(kind, 0) + fen
        return costs

    def cost_fen(self, goods: frozenset[str]) -> int:
        """What these goods cost together."""
        return sum(self.goods[kind] for kind in goods)


def _senseless(name: str, **facts: Any) -> Refused:
    fault = {"field": name, "code": "invalid", "message": "The amounts do not fit together."}
    return Refused(Refusal.AMOUNT_INVALID, errors=[fault], **facts)


@dataclass(frozen=True)
class Held:
    """A voucher as the rules see it. Instants are epoch milliseconds; validity is `[valid_from, valid_to)`.

    `redeemed_before`: how often it was redeemed and came back; `is_merchant_named`: whether its batch names the till's
    merchant; `hold_until`: before that it is held for another order.
    """

    voucher_id: str
    campaign_id: str
    batch_id: str
    status: Status
    face_fen: int
    threshold_fen: int
    valid_from: int
    valid_to: int
    is_test: bool
    redeemed_before: int = 0
    terms: Terms = NO_TERMS
    is_merchant_named: bool = False
    hold_until: int = 0

    @property
    def turn(self) -> tuple[int, str]:
        """Vouchers are applied in this order: what expires first comes first."""
        return self.valid_to, self.voucher_id


@dataclass(frozen=True)
class Judged:
    """One voucher against one order: the reason it does not apply, or None; and what it would take off which goods."""

    held: Held
    reason: Refusal | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    goods: frozenset[str] = frozenset()
    eligible_fen: int = 0
    worth_fen: int = 0

    @property
    def shortfall_fen(self) -> int | None:
        """What is missing to the threshold."""
        return self.facts.get("shortfall_fen")


@dataclass(frozen=True)
class Line:
    """What one voucher pays of the order; `order_share_fen` is its share of the order amount (design 9)."""

    judged: Judged
    used_fen: int
    order_share_fen: int

    @property
    def held(self) -> Held:
        """The voucher."""
        return self.judged.held

    @property
    def forfeited_fen(self) -> int:
        """What it would have taken off and the order could not use (the remainder policy is: forfeit)."""
        return self.judged.worth_fen - self.used_fen


def judge(held: Held, order: Order, at: int, place: Place) -> Judged:
    """Whether this voucher applies to this order at instant `at` at this place."""
    why_not = (
        _of_the_voucher(held, at, place)
        or held.terms.why_not_here(place, held.is_merchant_named)
        or held.terms.why_not_now(at)
    )
    if why_not is not None:
        return Judged(held, *why_not)
    return _of_the_order(held, order)


def _of_the_voucher(held: Held, at: int, place: Place) -> WhyNot | None:
    if held.is_test != place.is_test:
        return Refusal.TEST_AND_LIVE, {}
    if held.status is not comes_from(Act.REDEEM):
        return WHY_NOT[held.status], {}
    if at < held.valid_from:
        return Refusal.VOUCHER_NOT_YET_VALID, {}
    if at >= held.valid_to:
        return Refusal.VOUCHER_EXPIRED, {}
    if held.redeemed_before >= MOST_REDEMPTIONS:
        return Refusal.VOUCHER_CYCLES, {}
    if at < held.hold_until:
        return Refusal.VOUCHER_HELD, {"hold_until": instants.iso(held.hold_until)}
    return None


def _of_the_order(held: Held, order: Order) -> Judged:
    terms = held.terms
    if terms.needs_basket and not order.items:
        return Judged(held, Refusal.BASKET_NEEDED)
    goods = terms.eligible(order.goods)
    eligible = order.cost_fen(goods)
    worth = terms.worth_fen(held.face_fen, eligible)
    reason: Refusal | None = None
    facts: dict[str, Any] = {}
    if eligible < held.threshold_fen:
        reason, facts = Refusal.THRESHOLD_NOT_MET, {"shortfall_fen": held.threshold_fen - eligible}
    elif min(eligible, worth) == 0:
        reason = Refusal.NOTHING_LEFT
    return Judged(held, reason, facts, goods, eligible, worth)


def most_payable(order: Order, vouchers: Sequence[Judged]) -> int:
    """What these vouchers can pay of the order together: of no goods more than they cost.

    The largest flow from vouchers to goods is the smallest cut: of the vouchers for the same goods either all that they
    are worth, or all that the goods cost.
    """
    worth: dict[frozenset[str], int] = {}
    for each in vouchers:
        worth[each.goods] = worth.get(each.goods, 0) + each.worth_fen
    return _smallest_cut(order, list(worth.items()), frozenset())


def _smallest_cut(order: Order, worth: Sequence[tuple[frozenset[str], int]], paid_off: frozenset[str]) -> int:
    if not worth:
        return order.cost_fen(paid_off)
    (goods, fen), *rest = worth
    return min(fen + _smallest_cut(order, rest, paid_off), _smallest_cut(order, rest, paid_off | goods))


class Company:
    """Vouchers that pay one order together, and what keeps another one out."""

    def __init__(self, vouchers: Iterable[Held] = ()) -> None:
        self._groups: set[str | None] = set()
        self._batches: Counter[str] = Counter()
        for held in vouchers:
            self.add(held)

    def add(self, held: Held) -> None:
        """One more."""
        self._groups.add(held.terms.exclusive_group)
        self._batches[held.batch_id] += 1

    def why_not(self, held: Held) -> dict[str, Any] | None:
        """The exclusive group or the number per order that this voucher would break; None where it may join."""
        group, per_order = held.terms.exclusive_group, held.terms.per_order
        if group is not None and group in self._groups:
            return {"exclusive_group": group}
        if per_order is not None and self._batches[held.batch_id] >= per_order:
            return {"per_order": per_order}
        return None


def settle_order(wanted: Sequence[Held], order: Order, at: int, place: Place) -> list[Line]:
    """Apply the vouchers in their turn: all of them, or a Refused that names the first that stands in the way.

    Raises Refused: the reason of a voucher, STACKING_CONFLICT, NOTHING_LEFT.
    """
    judged = [judge(held, order, at, place) for held in sorted(wanted, key=lambda held: held.turn)]
    for each in judged:
        if each.reason is not None:
            raise Refused(each.reason, voucher_id=each.held.voucher_id, **each.facts)
    company = Company()
    for each in judged:
        conflict = company.why_not(each.held)
        if conflict is not None:
            raise Refused(Refusal.STACKING_CONFLICT, voucher_id=each.held.voucher_id, **conflict)
        company.add(each.held)
    return lines_of(judged, order)


def lines_of(judged: Sequence[Judged], order: Order) -> list[Line]:
    """What each pays, in this order. Raises Refused(NOTHING_LEFT) where one would be given away for nothing."""
    used: list[int] = []
    for n, each in enumerate(judged, 1):
        used.append(most_payable(order, judged[:n]) - sum(used))
        if used[-1] == 0:
            raise Refused(Refusal.NOTHING_LEFT, voucher_id=each.held.voucher_id)
    shares = share_out(order.order_fen, used)
    return [Line(each, fen, share) for each, fen, share in zip(judged, used, shares, strict=True)]


def subsidies(lines: Iterable[Line]) -> Counter[str]:
    """What these lines take off, in fen, by campaign."""
    by_campaign = Counter[str]()
    for line in lines:
        by_campaign[line.held.campaign_id] += line.used_fen
    return by_campaign
