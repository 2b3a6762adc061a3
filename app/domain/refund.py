"""What one refund gives back to whom (部分退款): exact to the fen over any sequence of refunds.

Of a redemption's subsidy `floor(subsidy × refunded ÷ order)` has gone back once `refunded` of the order is refunded. A
refund returns the difference, the customer gets the rest of it. So all refunds of a whole order sum to the whole
subsidy and to all that the customer paid, whatever the parts were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.money import share_out
from app.domain.refusals import Refusal, Refused


@dataclass(frozen=True)
class Part:
    """One voucher's line: its shares of order and subsidy, and what of them was refunded before. All in fen."""

    line_id: str
    order_share_fen: int
    subsidy_fen: int
    refunded_fen: int = 0
    returned_fen: int = 0


@dataclass(frozen=True)
class LineRefund:
    """One line's part of a refund: of the order amount, and of the subsidy."""

    line_id: str
    refund_fen: int
    subsidy_fen: int


@dataclass(frozen=True)
class Refund:
    """`refund_fen` of the order comes back: `subsidy_fen` to the budget, `customer_fen` to the customer."""

    refund_fen: int
    subsidy_fen: int
    lines: Sequence[LineRefund]

    @property
    def customer_fen(self) -> int:
        """What the shop hands out."""
        return self.refund_fen - self.subsidy_fen


def refund(order_fen: int, parts: Sequence[Part], asked_fen: int) -> Refund:
    """Refund `asked_fen` of an order. Raises Refused(REFUND_EXCEEDS) where less than that is left of it.

    Several vouchers share it by what is left of each, largest remainder; a line never gives more than it has.
    """
    refunded = sum(part.refunded_fen for part in parts)
    if not 0 < asked_fen <= order_fen - refunded:
        raise Refused(Refusal.REFUND_EXCEEDS, refundable_fen=order_fen - refunded)
    whole = sum(part.subsidy_fen for part in parts)
    returned = sum(part.returned_fen for part in parts)
    subsidy = whole * (refunded + asked_fen) // order_fen - returned
    amounts = share_out(asked_fen, [part.order_share_fen - part.refunded_fen for part in parts])
    subsidies = share_out(subsidy, [part.subsidy_fen - part.returned_fen for part in parts])
    lines = [
        LineRefund(part.line_id, amount, returned)
        for part, amount, returned in zip(parts, amounts, subsidies, strict=True)
    ]
    return Refund(asked_fen, subsidy, lines)
