"""What the platform tells others about: a closed list of kinds, and the name of an event."""

from __future__ import annotations

import re
from enum import StrEnum

DIGITS = 16
NAME = rf"evt_[0-9]{{{DIGITS}}}"


class Kind(StrEnum):
    """Something that happened to a voucher, an order, a settlement or a payout. Never renamed: receivers know them."""

    CLAIMED = "voucher.claimed"
    EXPIRING = "voucher.expiring"
    EXPIRED = "voucher.expired"
    REDEEMED = "order.redeemed"
    REFUNDED = "order.refunded"
    REVERSED = "order.reversed"
    SETTLED = "settlement.approved"
    HELD = "payout.held"
    RELEASED = "payout.released"
    PAID = "payout.paid"
    DRAWN = "lottery.drawn"


# What concerns a merchant; everything else is the organizer's alone.
OF_MERCHANTS = (
    Kind.REDEEMED,
    Kind.REFUNDED,
    Kind.REVERSED,
    Kind.SETTLED,
    Kind.HELD,
    Kind.RELEASED,
    Kind.PAID,
)


def name_of(number: int) -> str:
    """`evt_0000000000000042`: the stable id of an event, and a cursor behind it."""
    return f"evt_{number:0{DIGITS}d}"


def is_name(text: str) -> bool:
    """Whether this looks like the id of an event."""
    return re.fullmatch(NAME, text) is not None


def number_of(name: str) -> int:
    """The number in an id."""
    return int(name.removeprefix("evt_"))
