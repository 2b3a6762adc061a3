"""Which vouchers apply to an order, which not and why, and what is short (试算).

The order amount (gross − merchant discounts, before vouchers) is the base of every threshold. A voucher that
is worth more than what is left of the order is used up to what is left; the rest is forfeited (design 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.money import MAX_FEN, share_out
from app.domain.refusals import Refusal, Refused
from app.domain.voucher_state import WHY_NOT, Act, Status, comes_from

# So often a voucher may be redeemed, and come back by a reversal in between.
MOST_REDEMPTIONS = 10


@dataclass(frozen=True)
class Order:
    """The amounts of one order, in fen. Raises Refused(AMOUNT_INVALID) where they make no sense."""

    gross_fen: int
    merchant_discount_fen: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.gross_fen <= MAX_FEN or not 0 <= self.merchant_discount_fen < self.gross_fen:
            raise Refused(Refusal.AMOUNT_INVALID)

    @property
    def order_fen(self) -> int:
        """What is payable before vouchers (订单应付)."""
        return self.gross_fen - self.merchant_discount_fen


@dataclass(frozen=True)
class Held:
    """A voucher as the rules see it. Instants are epoch milliseconds; validity is `[valid_from, valid_to)`.

    `redeemed_before`: how often it was redeemed and came back.
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


@dataclass(frozen=True)
class Judged:
    """One voucher against one order: the reason it does not apply, or None."""

    held: Held
    reason: Refusal | None
    shortfall_fen: int | None = None


@dataclass(frozen=True)
class Line:
    """What one voucher pays of the order; `order_share_fen` is its share of the order amount (design 9)."""

    held: Held
    used_fen: int
    order_share_fen: int

    @property
    def forfeited_fen(self) -> int:
        """Face that the order could not use (the remainder policy is: forfeit)."""
        return self.held.face_fen - self.used_fen


def judge(held: Held, order: Order, at: int, is_test: bool) -> Judged:
    """Whether this voucher applies to this order at instant `at` on a test or live terminal."""
    if held.is_test != is_test:
        return Judged(held, Refusal.TEST_AND_LIVE)
    if held.status is not comes_from(Act.REDEEM):
        return Judged(held, WHY_NOT[held.status])
    if at < held.valid_from:
        return Judged(held, Refusal.VOUCHER_NOT_YET_VALID)
    if at >= held.valid_to:
        return Judged(held, Refusal.VOUCHER_EXPIRED)
    if held.redeemed_before >= MOST_REDEMPTIONS:
        return Judged(held, Refusal.VOUCHER_CYCLES)
    if order.order_fen < held.threshold_fen:
        return Judged(held, Refusal.THRESHOLD_NOT_MET, held.threshold_fen - order.order_fen)
    return Judged(held, None)


def used_of(held: Held, left_fen: int) -> int:
    """What the voucher pays when `left_fen` of the order are still unpaid."""
    return min(held.face_fen, left_fen)


def settle_order(wanted: Sequence[Held], order: Order, at: int, is_test: bool) -> list[Line]:
    """Apply the vouchers in the order given: all of them, or a Refused that names the first that does not apply."""
    left = order.order_fen
    used = []
    for held in wanted:
        judged = judge(held, order, at, is_test)
        if judged.reason is not None:
            facts = {} if judged.shortfall_fen is None else {"shortfall_fen": judged.shortfall_fen}
            raise Refused(judged.reason, voucher_id=held.voucher_id, **facts)
        if left == 0:
            raise Refused(Refusal.NOTHING_LEFT, voucher_id=held.voucher_id)
        used.append(used_of(held, left))
        left -= used[-1]
    shares = share_out(order.order_fen, used)
    return [Line(held, fen, share) for held, fen, share in zip(wanted, used, shares, strict=True)]
