"""What a citizen holds, and what the rules see of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.instants import DAY_MS
from app.domain.quote import Held
from app.domain.rule import rule_of
from app.domain.voucher_state import Status
from app.vouchers import terms

COLUMNS = (
    "SELECT v.id, v.citizen_id, v.batch_id, v.campaign_id, b.name AS batch_name, c.name AS campaign_name, v.face_fen,"
    " b.threshold_fen, v.status, v.version, v.claimed_at, v.valid_from, v.valid_to, v.hold_until,"
    " v.reservation_id, c.is_test,"
    " COALESCE(c.day_subsidy_fen, c.citizen_day_fen, c.terminal_day_fen, c.merchant_day_fen) IS NOT NULL AS is_capped,"
    f" {terms.COLUMNS}"
)
TERMS = " JOIN batch b ON b.id = v.batch_id JOIN campaign c ON c.id = v.campaign_id"
# At a merchant: does the batch name it?
IS_NAMED = ", m.merchant_id IS NOT NULL AS is_merchant_named"
NAMED = " LEFT JOIN batch_merchant m ON b.merchants > 0 AND m.batch_id = b.id AND m.merchant_id = item.merchant_id"
OF_CITIZEN = f"{COLUMNS} FROM voucher v{TERMS} WHERE v.citizen_id = :citizen_id"
ONE = text(OF_CITIZEN + " AND v.id = :voucher_id")
OF_BATCH = text(OF_CITIZEN + " AND v.batch_id = :batch_id ORDER BY v.id DESC LIMIT 20")
ALL = text(OF_CITIZEN + " ORDER BY v.valid_to, v.id LIMIT 100")
OPEN = sql.SetWise(
    f"SELECT * FROM ({COLUMNS}{IS_NAMED}, item.merchant_id,"
    " ROW_NUMBER() OVER (PARTITION BY v.citizen_id, item.merchant_id ORDER BY v.valid_to, v.id) AS place"
    f" FROM {{items}} JOIN voucher v ON v.citizen_id = item.citizen_id{TERMS}{NAMED}"
    " WHERE v.status = 'issued' OR v.claimed_at > item.since) AS held WHERE place <= 100 ORDER BY place",
    citizen_id="text",
    merchant_id="text",
    since="bigint",
)
# What may pay an order now: the candidates for the best combination, looked up before any of them is locked.
USABLE = sql.SetWise(
    "SELECT citizen_id, id FROM (SELECT v.citizen_id, v.id,"
    " ROW_NUMBER() OVER (PARTITION BY v.citizen_id ORDER BY v.valid_to, v.id) AS place"
    " FROM {items} JOIN voucher v ON v.citizen_id = item.citizen_id"
    f" WHERE {sql.beside_indexes('v.status')} = 'issued' AND v.valid_to > item.at)"
    " AS held WHERE place <= 100 ORDER BY place",
    citizen_id="text",
    at="bigint",
)
LOCK = sql.SetWise(
    f"{COLUMNS}{IS_NAMED} FROM {{items}}"
    f" JOIN voucher v ON v.id = item.voucher_id AND v.citizen_id = item.citizen_id{TERMS}{NAMED}"
    " ORDER BY v.id",
    lock="v",
    citizen_id="text",
    voucher_id="text",
    merchant_id="text",
)
RECENT_MS = 90 * DAY_MS
Name = tuple[str, str]  # citizen and voucher
Visit = tuple[str, str]  # citizen and merchant


def list_vouchers(citizen_id: str) -> list[dict[str, Any]]:
    """All vouchers of a citizen, those that expire first on top."""
    with sql.reading() as session:
        return [_ruled(row) for row in session.execute(ALL, {"citizen_id": citizen_id})]


def find_voucher(session: Session, citizen_id: str, voucher_id: str) -> dict[str, Any] | None:
    """One voucher of this citizen; somebody else's is not found."""
    row = session.execute(ONE, {"citizen_id": citizen_id, "voucher_id": voucher_id}).one_or_none()
    return None if row is None else _ruled(row)


def of_batch(session: Session, citizen_id: str, batch_id: str) -> list[dict[str, Any]]:
    """What this citizen holds or held of one batch, the newest first."""
    return [
        _ruled(row) for row in session.execute(OF_BATCH, {"citizen_id": citizen_id, "batch_id": batch_id})
    ]


def _ruled(row: Row[Any]) -> dict[str, Any]:
    rule = rule_of(terms.of_row(row), row.face_fen, row.threshold_fen)
    return {
        **shown(row, clock.now()),
        "rule": " ".join(rule),
        "rules": rule,
        "kind": row.kind,
        "off_bp": row.off_bp,
    }


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
    named = {
        "batch_name": batch.name,
        "campaign_name": batch.campaign_name,
        "threshold_fen": batch.threshold_fen,
    }
    row = SimpleNamespace(**voucher, **named, status=Status.ISSUED.value)
    return shown(row, voucher["claimed_at"])


def holdings(session: Session, visits: Collection[Visit], at: int) -> dict[Visit, list[Row[Any]]]:
    """Vouchers a quote speaks about, by citizen and merchant: unused ones, and what was claimed in the last 90 days."""
    asked = [{"citizen_id": who, "merchant_id": where, "since": at - RECENT_MS} for who, where in visits]
    held: dict[Visit, list[Row[Any]]] = defaultdict(list)
    for row in OPEN.run(session, asked):
        held[row.citizen_id, row.merchant_id].append(row)
    return held


def usable(citizen_ids: Collection[str | None]) -> dict[str | None, list[str]]:
    """Of each citizen the first hundred unused vouchers that have not expired: a look without effect."""
    at = clock.now()
    asked = [{"citizen_id": citizen_id, "at": at} for citizen_id in citizen_ids if citizen_id]
    found: dict[str | None, list[str]] = defaultdict(list)
    if asked:
        with sql.looking() as connection:
            for row in USABLE.run(connection, asked):
                found[row.citizen_id].append(row.id)
    return found


def lock(session: Session, wanted: Mapping[Name, str]) -> Callable[[], dict[Name, Row[Any]]]:
    """These vouchers, each with the merchant it is to pay, locked in primary-key order until the transaction ends."""
    names = [
        {"citizen_id": citizen_id, "voucher_id": voucher_id, "merchant_id": merchant_id}
        for (citizen_id, voucher_id), merchant_id in wanted.items()
    ]
    heard = LOCK.ask(session, names)
    return lambda: {(row.citizen_id, row.id): row for row in heard()}


def as_held(row: Row[Any], reservation_id: str | None = None) -> Held:
    """The row as the rules see it; to its own reservation a voucher is not held."""
    is_own = reservation_id is not None and row.reservation_id == reservation_id
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
        terms=terms.of_row(row),
        is_merchant_named=bool(row.is_merchant_named),
        hold_until=0 if is_own else row.hold_until,
    )
