"""What a citizen holds, and what the rules see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.quote import Held
from app.domain.voucher_state import Status

COLUMNS = (
    "SELECT v.id, v.batch_id, v.campaign_id, b.name AS batch_name, c.name AS campaign_name, v.face_fen,"
    " b.threshold_fen, v.status, v.claimed_at, v.valid_from, v.valid_to, c.is_test"
    " FROM voucher v JOIN batch b ON b.id = v.batch_id JOIN campaign c ON c.id = v.campaign_id"
    " WHERE v.citizen_id = :citizen_id"
)
ONE = text(COLUMNS + " AND v.id = :voucher_id")
ALL = text(COLUMNS + " ORDER BY v.valid_to, v.id LIMIT 100")
OPEN = text(
    COLUMNS + " AND (v.status = 'issued' OR v.claimed_at > :since) ORDER BY v.valid_to, v.id LIMIT 100"
)
SOME = COLUMNS + " AND v.id IN :voucher_ids ORDER BY v.id"
RECENT_MS = 90 * 86_400_000


def list_vouchers(citizen_id: str) -> list[dict[str, Any]]:
    """All vouchers of a citizen, those that expire first on top."""
    with sql.reading() as session:
        return [shown(row, clock.now()) for row in session.execute(ALL, {"citizen_id": citizen_id})]


def find_voucher(session: Session, citizen_id: str, voucher_id: str) -> dict[str, Any] | None:
    """One voucher of this citizen; somebody else's is not found."""
    row = session.execute(ONE, {"citizen_id": citizen_id, "voucher_id": voucher_id}).one_or_none()
    return None if row is None else shown(row, clock.now())


def shown(row: Row[Any] | SimpleNamespace, now: int) -> dict[str, Any]:
    """A voucher as its holder sees it: past its validity it reads expired at once, whatever the sweep did."""
    lapsed = row.status == Status.ISSUED and now >= row.valid_to
    return {
        "voucher_id": row.id,
        "batch_id": row.batch_id,
        "campaign_id": row.campaign_id,
        "batch_name": row.batch_name,
        "campaign_name": row.campaign_name,
        "face_fen": row.face_fen,
        "threshold_fen": row.threshold_fen,
        "status": Status.EXPIRED.value if lapsed else row.status,
        "claimed_at": clock.iso(row.claimed_at),
        "valid_from": clock.iso(row.valid_from),
        "valid_to": clock.iso(row.valid_to),
    }


def shown_new(voucher: Mapping[str, Any], batch: Row[Any]) -> dict[str, Any]:
    """`shown` for a voucher that is being issued: what a read of its row would give at the instant of the claim."""
    terms = {
        "batch_name": batch.name,
        "campaign_name": batch.campaign_name,
        "threshold_fen": batch.threshold_fen,
    }
    row = SimpleNamespace(**voucher, **terms, status=Status.ISSUED.value)
    return shown(row, voucher["claimed_at"])


def holdings(session: Session, citizen_id: str, at: int) -> list[Row[Any]]:
    """Vouchers a quote speaks about: unused ones, and what was claimed in the last 90 days."""
    return list(session.execute(OPEN, {"citizen_id": citizen_id, "since": at - RECENT_MS}))


def locked(session: Session, citizen_id: str, voucher_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """These vouchers of the citizen, locked in primary-key order until the transaction ends."""
    statement = text(SOME + sql.row_lock(session, "v")).bindparams(bindparam("voucher_ids", expanding=True))
    rows = session.execute(statement, {"citizen_id": citizen_id, "voucher_ids": sorted(voucher_ids)})
    return {row.id: row for row in rows}


def as_held(row: Row[Any]) -> Held:
    """The row as the rules see it."""
    return Held(
        voucher_id=row.id,
        campaign_id=row.campaign_id,
        batch_id=row.batch_id,
        status=Status(row.status),
        face_fen=row.face_fen,
        threshold_fen=row.threshold_fen,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        is_test=bool(row.is_test),
    )
