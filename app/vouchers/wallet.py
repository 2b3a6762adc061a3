"""What a citizen holds, and what the rules see of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.quote import Held
from app.domain.voucher_state import Status

COLUMNS = (
    "SELECT v.id, v.citizen_id, v.batch_id, v.campaign_id, b.name AS batch_name, c.name AS campaign_name, v.face_fen,"
    " b.threshold_fen, v.status, v.version, v.claimed_at, v.valid_from, v.valid_to, c.is_test,"
    " COALESCE(c.day_subsidy_fen, c.citizen_day_fen, c.terminal_day_fen, c.merchant_day_fen) IS NOT NULL AS is_capped"
)
TERMS = " JOIN batch b ON b.id = v.batch_id JOIN campaign c ON c.id = v.campaign_id"
OF_CITIZEN = f"{COLUMNS} FROM voucher v{TERMS} WHERE v.citizen_id = :citizen_id"
ONE = text(OF_CITIZEN + " AND v.id = :voucher_id")
ALL = text(OF_CITIZEN + " ORDER BY v.valid_to, v.id LIMIT 100")
OPEN = sql.SetWise(
    f"SELECT * FROM ({COLUMNS}, ROW_NUMBER() OVER (PARTITION BY v.citizen_id ORDER BY v.valid_to, v.id) AS place"
    f" FROM {{items}} JOIN voucher v ON v.citizen_id = item.citizen_id{TERMS}"
    " WHERE v.status = 'issued' OR v.claimed_at > item.since) AS held WHERE place <= 100 ORDER BY place",
    citizen_id="text",
    since="bigint",
)
LOCK = sql.SetWise(
    f"{COLUMNS} FROM {{items}} JOIN voucher v ON v.id = item.voucher_id AND v.citizen_id = item.citizen_id{TERMS}"
    " ORDER BY v.id",
    lock="v",
    citizen_id="text",
    voucher_id="text",
)
RECENT_MS = 90 * 86_400_000
Wanted = tuple[str, str]  # citizen and voucher


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


def holdings(session: Session, citizen_ids: Collection[str], at: int) -> dict[str, list[Row[Any]]]:
    """Vouchers a quote speaks about, by citizen: unused ones, and what was claimed in the last 90 days."""
    asked = [{"citizen_id": citizen_id, "since": at - RECENT_MS} for citizen_id in citizen_ids]
    held: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in OPEN.run(session, asked):
        held[row.citizen_id].append(row)
    return held


def locked(session: Session, wanted: Sequence[Wanted]) -> dict[Wanted, Row[Any]]:
    """These vouchers of these citizens, locked in primary-key order until the transaction ends."""
    names = [{"citizen_id": citizen_id, "voucher_id": voucher_id} for citizen_id, voucher_id in wanted]
    return {(row.citizen_id, row.id): row for row in LOCK.run(session, names)}


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
        redeemed_before=row.version // 2,  # issued as the first version, redeemed and returned are two more
    )
