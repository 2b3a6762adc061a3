"""The quote (试算): which vouchers of the holder apply to an order, which not and why. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock
from app.domain.quote import Order, judge, used_of
from app.vouchers.wallet import as_held, holdings


def quote(session: Session, citizen_id: str, order: Order, is_test: bool) -> dict[str, Any]:
    """The quote for one holder, now."""
    at = clock.database_now(session)
    return quoted(holdings(session, [citizen_id], at)[citizen_id], order, at, is_test)


def quoted(rows: Sequence[Row[Any]], order: Order, at: int, is_test: bool) -> dict[str, Any]:
    """Every voucher with yes or no, the reason, and the shortfall in fen where there is one."""
    return {"order_fen": order.order_fen, "vouchers": [_judged(row, order, at, is_test) for row in rows]}


def _judged(row: Row[Any], order: Order, at: int, is_test: bool) -> dict[str, Any]:
    held = as_held(row)
    judged = judge(held, order, at, is_test)
    applicable = judged.reason is None
    return {
        "voucher_id": held.voucher_id,
        "campaign_name": row.campaign_name,
        "batch_name": row.batch_name,
        "face_fen": held.face_fen,
        "threshold_fen": held.threshold_fen,
        "valid_to": clock.iso(held.valid_to),
        "applicable": applicable,
        "reason": None if judged.reason is None else judged.reason.code,
        "message": None if judged.reason is None else f"{judged.reason.zh} {judged.reason.en}",
        "shortfall_fen": judged.shortfall_fen,
        "discount_fen": used_of(held, order.order_fen) if applicable else 0,
    }
