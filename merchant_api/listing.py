"""The redemptions of a merchant, newest first, a page at a time.

Keyset pagination: a page begins after the last row of the one before, so what is redeemed meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.merchants import payouts
from app.models import Refund
from app.vouchers import refund

FOR_EVER = 2**52  # epoch ms, beyond every instant
PAGE = text(
    "SELECT r.id AS redemption_id, r.order_no, o.state, r.store_id, r.terminal_id, r.gross_fen,"
    " r.merchant_discount_fen, r.order_fen, r.face_fen, r.used_fen, r.customer_pays_fen, r.refunded_fen,"
    " r.redeemed_at, r.reversed_at FROM redemption r"
    " JOIN orders o ON o.merchant_id = r.merchant_id AND o.order_no = r.order_no"
    " WHERE r.merchant_id = :merchant_id AND r.redeemed_at >= :since AND (r.redeemed_at, r.id) < (:at, :id)"
    " ORDER BY r.redeemed_at DESC, r.id DESC LIMIT :limit"
)


class Place(NamedTuple):
    """Where a page ends: the instant (epoch ms) and the id of its last redemption."""

    at: int
    id: str


def page(merchant_id: str, since: int, before: Place, limit: int) -> dict[str, Any]:
    """At most `limit` redemptions from `since` (epoch ms) on that stand after `before`, and where the next page begins.

    All stores and terminals of the merchant, reversed orders too; each with its refunds and where its money is.
    """
    values = {"merchant_id": merchant_id, "since": since, **before._asdict(), "limit": limit + 1}
    with sql.reading() as session:
        rows = session.execute(PAGE, values).all()
        shown = [row.redemption_id for row in rows[:limit]]
        refunds, paid = _refunds(session, shown), payouts.of_redemptions(session, merchant_id, shown)
    items = [
        {
            **row._mapping,
            "refunds": refunds.get(row.redemption_id, []),
            "payouts": paid.get(row.redemption_id, []),
        }
        for row in rows[:limit]
    ]
    last = Place(rows[limit - 1].redeemed_at, rows[limit - 1].redemption_id) if len(rows) > limit else None
    return {"items": items, "next_cursor": last, "server_time": clock.iso(clock.now())}


def _refunds(session: Session, redemption_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The refunds of these redemptions, each in order."""
    wanted = select(Refund).where(Refund.redemption_id.in_(redemption_ids))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.scalars(wanted.order_by(Refund.redemption_id, Refund.number)):
        found.setdefault(row.redemption_id, []).append(refund.shown(row))
    return found
