"""Expiry: vouchers past their validity lapse and their face is released, once (I20)."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, outbox, sql
from app.domain.event import Kind
from app.vouchers import ledger

CHUNK = 500
DUE = "SELECT id FROM voucher v WHERE status = 'issued' AND valid_to <= :now ORDER BY id LIMIT :chunk"
EXPIRE = text(
    "UPDATE voucher SET status = 'expired', version = version + 1 WHERE id = :id AND status = 'issued'"
    " AND valid_to <= :now RETURNING campaign_id, face_fen"
)


def expire_due() -> int:
    """Expire everything that is due, in chunks; returns how many vouchers lapsed."""
    total = 0
    while lapsed := sql.write(_expire_chunk):
        total += lapsed
    return total


def _expire_chunk(session: Session) -> int:
    now = clock.database_now(session)
    due = session.scalars(text(DUE + sql.row_lock(session, "v")), {"now": now, "chunk": CHUNK}).all()
    postings, lapsed = [], []
    for voucher_id in due:
        row = session.execute(EXPIRE, {"id": voucher_id, "now": now}).one_or_none()
        if row is not None:
            lapsed.append(voucher_id)
            postings.append(
                ledger.Transfer(row.campaign_id, "expire", voucher_id, "issued", "released", row.face_fen)
            )
    ledger.post(session, postings, now)
    outbox.tell(session, Kind.EXPIRED, lapsed, now)
    return len(lapsed)
