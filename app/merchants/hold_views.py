"""Cases that hold money back, as the organizer's staff and the merchant see them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models import HoldCase, HoldItem, Redemption, RedemptionLine


class HoldItemOut(Schema):
    """One redemption line on hold, and what speaks against it."""

    item_id = fields.String()
    redemption_id = fields.String()
    order_no = fields.String()
    amount_fen = fields.Integer()
    upheld_fen = fields.Integer()
    state = fields.String()
    evidence = fields.String()


class HoldCaseOut(Schema):
    """`rule` raised it, or a person (`review`); `open`, `appealed`, and finally `released` or `upheld`."""

    case_id = fields.String()
    campaign_id = fields.String()
    merchant_id = fields.String()
    rule = fields.String()
    figures = fields.String()
    reason = fields.String()
    state = fields.String()
    held_fen = fields.Integer()
    opened_at = fields.String()
    appeal = fields.String(allow_none=True)
    decision = fields.String(allow_none=True)
    items = fields.List(fields.Nested(HoldItemOut))


class HoldCasesOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(HoldCaseOut))
    next_cursor = fields.String(allow_none=True)


def case(session: Session, found: HoldCase) -> dict[str, Any]:
    """One case; `held_fen` is what it holds now."""
    wanted = (
        select(HoldItem, Redemption.id, Redemption.order_no)
        .join(RedemptionLine, RedemptionLine.id == HoldItem.line_id)
        .join(Redemption, Redemption.id == RedemptionLine.redemption_id)
        .where(HoldItem.case_id == found.id)
        .order_by(HoldItem.id)
    )
    items = [
        {
            "item_id": item.id,
            "redemption_id": redemption_id,
            "order_no": order_no,
            "amount_fen": item.amount_fen,
            "upheld_fen": item.upheld_fen,
            "state": item.state,
            "evidence": item.evidence,
        }
        for item, redemption_id, order_no in session.execute(wanted)
    ]
    return {
        "case_id": found.id,
        "campaign_id": found.campaign_id,
        "merchant_id": found.merchant_id,
        "rule": found.rule,
        "figures": found.figures,
        "reason": found.reason,
        "state": found.state,
        "held_fen": sum(item["amount_fen"] for item in items if item["state"] == "held"),
        "opened_at": clock.iso(found.opened_at),
        "appeal": found.appeal,
        "decision": found.decision,
        "items": items,
    }


def page(session: Session, cursor: str | None, limit: int, **only: str) -> dict[str, Any]:
    """Cases with these columns (campaign_id, merchant_id), newest first."""
    wanted = select(HoldCase).filter_by(**only).order_by(HoldCase.id.desc()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(HoldCase.id < cursor)
    found = session.scalars(wanted).all()
    items = [case(session, each) for each in found[:limit]]
    return {"items": items, "next_cursor": items[-1]["case_id"] if len(found) > limit else None}
