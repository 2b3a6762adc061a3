"""What may become of a voucher: the one table of its state changes."""

from __future__ import annotations

from enum import StrEnum

from app.domain.refusals import Refusal, Refused


class Status(StrEnum):
    """Stored states. Whether a redemption is settled follows from posting numbers, never from here."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Act(StrEnum):
    """What can be done to a voucher."""

    REDEEM = "redeem"
    RETURN = "return"  # its redemption was reversed in time
    LAPSE = "lapse"  # its redemption was reversed after its validity
    EXPIRE = "expire"
    REVOKE = "revoke"


MOVES: dict[tuple[Status, Act], Status] = {
    (Status.ISSUED, Act.REDEEM): Status.REDEEMED,
    (Status.ISSUED, Act.EXPIRE): Status.EXPIRED,
    (Status.ISSUED, Act.REVOKE): Status.REVOKED,
    (Status.REDEEMED, Act.RETURN): Status.ISSUED,
    (Status.REDEEMED, Act.LAPSE): Status.EXPIRED,
}

WHY_NOT: dict[Status, Refusal] = {
    Status.REDEEMED: Refusal.VOUCHER_USED,
    Status.EXPIRED: Refusal.VOUCHER_EXPIRED,
    Status.REVOKED: Refusal.VOUCHER_REVOKED,
    Status.ISSUED: Refusal.WRONG_STATE,
}


def move(status: Status, act: Act) -> Status:
    """The state after `act`. Raises Refused with the reason that fits the present state."""
    if (status, act) not in MOVES:
        raise Refused(WHY_NOT[status])
    return MOVES[status, act]


def comes_from(act: Act) -> Status:
    """The one state from which `act` is possible: what a conditional UPDATE compares with."""
    return next(before for (before, possible) in MOVES if possible is act)


def leads_to(act: Act) -> Status:
    """The one state to which `act` leads."""
    return next(after for (_, possible), after in MOVES.items() if possible is act)
