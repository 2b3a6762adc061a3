"""What the plan promises, as figures: the reference everything else is compared with. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from loadtest.replay.plan import Order, Plan, Slip, merchant_of


@dataclass(frozen=True)
class OfBatch:
    """One batch, net; `reversed` counts the redemptions on top that were undone."""

    claimed: int
    verified: int
    reversed: int
    subsidy_fen: int
    direct_fen: int


@dataclass(frozen=True)
class OfMerchant:
    """One line of the settlement, by count and by fen."""

    redeemed_count: int
    reversed_count: int
    redeemed_fen: int
    reversed_fen: int


def of_batches(plan: Plan) -> list[OfBatch]:
    """The figures of each batch; an order with vouchers of both is split over them by subsidy."""
    kept = [order for order in plan.orders() if not order.undone]
    undone = [order for order in plan.orders() if order.undone]
    return [_of_batch(plan, position, kept, undone) for position in range(len(plan.batches))]


def _of_batch(plan: Plan, position: int, kept: list[Order], undone: list[Order]) -> OfBatch:
    mine = [order for order in kept if position in order.batches]
    return OfBatch(
        claimed=plan.batches[position].stock,
        verified=len(mine),
        reversed=sum(position in order.batches for order in undone),
        subsidy_fen=len(mine) * plan.batches[position].face_fen,
        direct_fen=sum(share_of_batch(plan, order, position) for order in mine),
    )


def share_of_batch(plan: Plan, order: Order, position: int) -> int:
    """This batch's part of the order amount: by subsidy, the odd fen to the larger remainder."""
    weights = [plan.batches[each].face_fen for each in order.batches]
    shares = [order.order_fen * weight // sum(weights) for weight in weights]
    remainders = [order.order_fen * weight % sum(weights) for weight in weights]
    for each in sorted(range(len(weights)), key=lambda each: -remainders[each])[
        : order.order_fen - sum(shares)
    ]:
        shares[each] += 1
    return shares[order.batches.index(position)]


def of_merchants(plan: Plan) -> Counter[OfMerchant]:
    """The settlement's lines, as a bag: merchants have no name here."""
    lines: dict[int, list[int]] = {}
    for order in plan.orders():
        line = lines.setdefault(merchant_of(order.till), [0, 0, 0, 0])
        for start in range(1 + order.undone):
            line[start] += len(order.batches)
            line[start + 2] += plan.used_fen(order)
    return Counter(OfMerchant(*line) for line in lines.values())


@dataclass(frozen=True)
class OfRows:
    """Sums over all rows of redemptions and their lines, the undone included: one fen off anywhere shows."""

    redemptions: int
    gross_fen: int
    merchant_discount_fen: int
    order_fen: int
    face_fen: int
    used_fen: int
    customer_pays_fen: int
    refunded_fen: int


def of_rows(plan: Plan) -> OfRows:
    """What the columns of all redemptions add up to."""
    orders = list(plan.orders())
    used = sum(map(plan.used_fen, orders))
    return OfRows(
        redemptions=len(orders),
        gross_fen=sum(order.gross_fen for order in orders),
        merchant_discount_fen=sum(order.discount_fen for order in orders),
        order_fen=sum(order.order_fen for order in orders),
        face_fen=used,
        used_fen=used,
        customer_pays_fen=sum(order.order_fen for order in orders) - used,
        refunded_fen=sum(order.order_fen for order in orders if order.undone),
    )


@dataclass(frozen=True)
class OfCodes:
    """How much each code counter rises; `refused` by reason."""

    applied: int
    displayed: int
    accepted: int
    refused: dict[str, int]


def of_codes(plan: Plan) -> OfCodes:
    """One display and one accepted scan an order, one more where an extra visit needs a code."""
    slips = Counter(order.slip for order in plan.orders())
    displayed = sum(1 for _ in plan.orders()) + slips[Slip.VOUCHER_TWICE] + slips[Slip.IDENTITY]
    refused = {"code_consumed": slips[Slip.CODE_TWICE], "code_invalid": slips[Slip.FORGED]}
    return OfCodes(len(plan.people), displayed, displayed, refused)
