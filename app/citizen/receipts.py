"""What a citizen paid with vouchers, and what of it came back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from app import sql

# By way of the own vouchers and their lines, which have indexes; a redemption has none by its citizen.
ORDERS = (
    "SELECT r.id AS redemption_id, r.order_no, m.name AS merchant, t.name AS store, r.redeemed_at, r.reversed_at,"
    " r.order_fen, r.used_fen, r.customer_pays_fen, r.refunded_fen, r.state FROM (SELECT DISTINCT l.redemption_id"
    " FROM voucher v JOIN redemption_line l ON l.voucher_id = v.id WHERE v.citizen_id = :citizen_id {one}) AS mine"
    " JOIN redemption r ON r.id = mine.redemption_id JOIN merchant m ON m.id = r.merchant_id"
    " JOIN store t ON t.id = r.store_id {older} ORDER BY r.id DESC LIMIT :limit"
)
LINES = text(
    "SELECT l.redemption_id, l.voucher_id, b.name AS batch_name, l.face_fen, l.subsidy_fen FROM redemption_line l"
    " JOIN batch b ON b.id = l.batch_id WHERE l.redemption_id IN :ids ORDER BY l.id"
).bindparams(bindparam("ids", expanding=True))
REFUNDS = text(
    "SELECT redemption_id, refund_fen, customer_fen, subsidy_fen, reason, refunded_at FROM refund"
    " WHERE redemption_id IN :ids ORDER BY redemption_id, number"
).bindparams(bindparam("ids", expanding=True))


def receipts(
    citizen_id: str, cursor: str | None = None, limit: int = 20, voucher_id: str | None = None
) -> dict[str, Any]:
    """Orders that were paid with this citizen's vouchers (or with one of them), newest first, with their refunds."""
    statement = ORDERS.format(
        one="AND v.id = :voucher_id" if voucher_id else "", older="WHERE r.id < :cursor" if cursor else ""
    )
    values = {"citizen_id": citizen_id, "cursor": cursor, "limit": limit + 1, "voucher_id": voucher_id}
    with sql.reading() as session:
        rows = [dict(row._mapping) for row in session.execute(text(statement), values)]
        more, rows = len(rows) > limit, rows[:limit]
        ids = [row["redemption_id"] for row in rows]
        lines, refunds = _by_order(session, LINES, ids), _by_order(session, REFUNDS, ids)
    items = [
        {**row, "lines": lines[row["redemption_id"]], "refunds": refunds[row["redemption_id"]]}
        for row in rows
    ]
    return {"items": items, "next_cursor": ids[-1] if more else None}


def _by_order(session: Session, statement: Any, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(statement, {"ids": ids}) if ids else ():
        found[row.redemption_id].append(dict(row._mapping))
    return found
