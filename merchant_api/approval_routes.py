"""The supervisor's doors: what tills may refund by themselves, and the word for what goes above it."""

from __future__ import annotations

from typing import Any

from app import once
from app.auth import OWNER, current_merchant_staff, policy
from app.vouchers import approvals
from merchant_api import acts
from merchant_api import approval_schemas as schemas
from merchant_api.routes import bp


@bp.route("/refund-approvals", methods=["POST"])
@policy(OWNER)
@bp.arguments(schemas.ApprovalIn)
@bp.response(201, schemas.ApprovalOut)
def create_approval(asked: dict[str, Any]) -> Any:
    """Approve one refund above the limit, once, for ten minutes."""
    approver = current_merchant_staff()
    answer = acts.perform(
        "refund.approve",
        "",
        lambda session: approvals.give(
            session, approver, asked["order_no"], asked["refund_fen"], asked["reason"]
        ),
        asked["reason"],
    )
    return once.rendered(answer)


@bp.route("/settings", methods=["PATCH"])
@policy(OWNER)
@bp.arguments(schemas.LimitIn)
@bp.response(200, schemas.LimitOut)
def change_settings(asked: dict[str, Any]) -> Any:
    """Set how much of one order the tills refund without a supervisor."""
    merchant_id, limit_fen = current_merchant_staff().merchant_id, asked["refund_limit_fen"]
    answer = acts.perform(
        "merchant.settings",
        merchant_id,
        lambda session: approvals.set_limit(session, merchant_id, limit_fen),
        f"refund_limit_fen={limit_fen}",
    )
    return once.rendered(answer)
