"""The final word on an order number, for a till that lost the reply."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from app import sql
from app.domain.refusals import Refusal, Refused
from app.vouchers import orders, refund, reserve, reverse

RECEIPT = text("SELECT body FROM idempotency WHERE object_id = :redemption_id AND operation = 'redeem'")


def find_order(merchant_id: str, order_no: str) -> dict[str, Any]:
    """Redeemed, refused, reversed, or reserved while its vouchers are held.

    Raises Refused(ORDER_NOT_FOUND): true until a later request with that number.
    """
    with sql.reading() as session:
        order = orders.find(session, merchant_id, order_no)
        if order is None:
            raise Refused(Refusal.ORDER_NOT_FOUND)
        stored = session.scalar(RECEIPT, {"redemption_id": order.redemption_id})
        reservation = reserve.find(session, merchant_id, order_no, order.state)
        is_held = reservation is not None and reservation["state"] == "held"
        state = "reserved" if is_held else order.state
        return {
            "order_no": order_no,
            "state": state,
            "receipt": json.loads(stored)["body"] if stored else None,
            "refusal": order.refusal if state == "refused" else None,
            "reversal": reverse.shown(session, merchant_id, order_no) if state == "reversed" else None,
            "refunds": refund.of_redemption(session, order.redemption_id),
            "reservation": reservation,
        }
