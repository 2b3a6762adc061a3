"""Refunds above a merchant's limit need a supervisor's word: for one order, one amount, once, for ten minutes.

All refunds of one order count together, so nobody passes the limit in parts. The order's lock is held meanwhile; the
approval is taken by a conditional UPDATE in the transaction of the refund.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_trail, clock, once, sql
from app.ankang.scan import Till
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.ids import new_id
from app.models import MerchantStaff, RefundApproval
from app.vouchers import orders, refund

LIFE_MS = 600_000
ACTION = "refund.over_limit"
LIMIT = text("SELECT refund_limit_fen FROM merchant WHERE id = :merchant_id")
SET_LIMIT = text("UPDATE merchant SET refund_limit_fen = :limit_fen WHERE id = :merchant_id")
# Fence: one refund an approval, and only the one it was given for.
USE = text(
    "UPDATE refund_approval SET used_at = :at, terminal_id = :terminal_id"
    " WHERE id = :approval_id AND merchant_id = :merchant_id AND order_no = :order_no AND refund_fen = :refund_fen"
    " AND expires_at > :at AND used_at IS NULL"
)


def limit_of(session: Session, merchant_id: str) -> int:
    """How much of one order this merchant's tills refund without a supervisor, in fen."""
    own = session.scalar(LIMIT, {"merchant_id": merchant_id})
    return settings().refund_limit_fen if own is None else int(own)


def set_limit(session: Session, merchant_id: str, limit_fen: int | None) -> once.Answer:
    """The merchant's own limit in fen; None for the platform's."""
    session.execute(SET_LIMIT, {"merchant_id": merchant_id, "limit_fen": limit_fen})
    return once.Answer(200, {"refund_limit_fen": limit_of(session, merchant_id)}, merchant_id)


def give(
    session: Session, approver: MerchantStaff, order_no: str, refund_fen: int, reason: str
) -> once.Answer:
    """Approve one refund of a redeemed order of the own merchant. Raises Refused as a refund of it would."""
    order = orders.find(session, approver.merchant_id, order_no)
    if order is None or order.state != "redeemed":
        refund.refuse(session, approver.merchant_id, order_no)
    at = clock.database_now(session)
    made = RefundApproval(
        id=new_id("rap"),
        merchant_id=approver.merchant_id,
        order_no=order_no,
        refund_fen=refund_fen,
        approver_id=approver.id,
        reason=reason,
        approved_at=at,
        expires_at=at + LIFE_MS,
    )
    session.add(made)
    return once.Answer(201, _shown(made), made.id)


def _shown(made: RefundApproval) -> dict[str, Any]:
    return {
        "approval_id": made.id,
        "order_no": made.order_no,
        "refund_fen": made.refund_fen,
        "expires_at": clock.iso(made.expires_at),
    }


def require(
    session: Session, till: Till, redeemed: refund.Redeemed, refund_fen: int, approval_id: str | None
) -> None:
    """Take the approval that this refund of a locked order needs, if it needs one.

    Raises Refused(APPROVAL_REQUIRED or APPROVAL_INVALID); both, and the use, are in the audit trail. More than is
    left of the order is refused by the refund's own rule, and uses nothing up.
    """
    limit_fen = limit_of(session, till.merchant_id)
    if refund_fen > redeemed.left_fen or redeemed.refunded_fen + refund_fen <= limit_fen or refund_fen == 0:
        return
    named = {"approval_id": approval_id, "merchant_id": till.merchant_id, "order_no": redeemed.order_no}
    used = {"refund_fen": refund_fen, "terminal_id": till.terminal_id, "at": clock.database_now(session)}
    if approval_id is not None and sql.changed_one(session, USE, named | used):
        audit_trail.done(session, till.terminal_id, ACTION, redeemed.redemption_id, approval_id)
        return
    refusal = Refusal.APPROVAL_REQUIRED if approval_id is None else Refusal.APPROVAL_INVALID
    audit_trail.decided(session, till.terminal_id, ACTION, redeemed.redemption_id, refusal)
    raise Refused(refusal, refund_fen=refund_fen, refund_limit_fen=limit_fen)
