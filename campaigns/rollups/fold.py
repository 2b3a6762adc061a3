"""Rolling up, step by step: a step reads rows that no step has read before, and moves its bound with their sums.

Whoever runs the same step at the same time finds the bound moved and does nothing. Each step is a short transaction.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, ids, sql
from campaigns.rollups import sources

NUMBERS_AT_ONCE = {"postgresql": 20_000, "sqlite": 2_000}  # SQLite has one writer, who must not be long
# Older than any transaction's ids while it is not committed, also where two machines' clocks differ.
LAG_MS = 10_000
BEHIND = text(
    "SELECT p.campaign_id FROM posting_clock p LEFT JOIN posting_fold f ON f.campaign_id = p.campaign_id"
    " WHERE p.last_no > COALESCE(f.up_to_no, 0) ORDER BY p.campaign_id"
)
BEGIN = text(
    "INSERT INTO posting_fold (campaign_id, up_to_no) VALUES (:campaign_id, 0) ON CONFLICT DO NOTHING"
)
HOLD = "SELECT f.up_to_no FROM posting_fold f WHERE f.campaign_id = :campaign_id"
LAST_NO = text("SELECT last_no FROM posting_clock WHERE campaign_id = :campaign_id")
MOVE = text(
    "UPDATE posting_fold SET up_to_no = :to_no WHERE campaign_id = :campaign_id AND up_to_no = :from_no"
)
MOVE_ROWS = text("UPDATE row_fold SET up_to = :to_at WHERE id = 1 AND up_to = :from_at")
UP_TO = text("SELECT up_to FROM row_fold WHERE id = 1")
NTH = text("SELECT id FROM transfer WHERE id >= :transfer_from ORDER BY id LIMIT 1 OFFSET :at_once")
# The oldest transaction that may still commit: whatever it named is not older than itself.
OLDEST = text(
    "SELECT CAST(extract(epoch FROM MIN(xact_start)) * 1000 AS bigint) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)


def _add(
    table: str, key: int, name: tuple[str, ...], summed: tuple[str, ...], rows: str, latest: str = ""
) -> Any:
    """Add rows to a table's sums; the first `key` columns of their names are its primary key."""
    added = [f"{column} = {table}.{column} + excluded.{column}" for column in summed]
    if latest:
        added.append(
            f"{latest} = CASE WHEN excluded.{latest} > {table}.{latest} THEN excluded.{latest}"
            f" ELSE {table}.{latest} END"
        )
    columns = ", ".join((*name, *summed, *filter(None, [latest])))
    return text(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM ({rows}) AS fresh WHERE true"
        f" ON CONFLICT ({', '.join(name[:key])}) DO UPDATE SET {', '.join(added)}"
    )


def _add_hours(rows: str) -> Any:
    return _add("batch_hour", 2, sources.NAME, sources.SUMMED, rows, sources.LATEST)


def _add_stores(rows: str) -> Any:
    return _add("posting_sum", len(sources.OF_STORE), sources.OF_STORE, sources.MONEY, rows)


ADD_HOURS = _add_hours(sources.hours_by_number())
ADD_STORES = _add_stores(sources.stores_by_number())
ADD_HOURS_OF_ROWS = _add_hours(sources.hours_by_time())
ADD_STORES_OF_ROWS = _add_stores(sources.stores_by_time())
ADD_SPANS = text(
    "INSERT INTO posting_span (campaign_id, hours, start, first_no, last_no)"
    f" SELECT campaign_id, hours, start, first_no, last_no FROM ({sources.spans()}) AS fresh WHERE true"
    " ON CONFLICT (campaign_id, hours, start) DO UPDATE SET last_no = excluded.last_no"
)


def fold() -> int:
    """Roll up whatever is new; returns the number of steps that had something to add."""
    with sql.reading() as session:
        behind = list(session.scalars(BEHIND))
    steps = 0
    for campaign_id in behind:
        while sql.write(partial(fold_postings, campaign_id=campaign_id)):
            steps += 1
    while sql.write(fold_rows):
        steps += 1
    return steps


def hold(session: Session, campaign_id: str) -> int:
    """Up to which number its postings are rolled up; nobody moves that, nor the sums, until COMMIT."""
    session.execute(BEGIN, {"campaign_id": campaign_id})
    held = session.scalar(text(HOLD + sql.row_lock(session, "f")), {"campaign_id": campaign_id})
    return int(held or 0)


def fold_postings(session: Session, campaign_id: str) -> bool:
    """One step for one campaign; False when it is up to date."""
    from_no = hold(session, campaign_id)
    last_no = int(session.scalar(LAST_NO, {"campaign_id": campaign_id}) or 0)
    to_no = min(last_no, from_no + _at_once(session))
    bounds = {"campaign_id": campaign_id, "from_no": from_no, "to_no": to_no}
    if to_no == from_no or not sql.changed_one(session, MOVE, bounds):
        return False
    for statement in (ADD_SPANS, ADD_STORES, ADD_HOURS):
        session.execute(statement, bounds)
    return True


def fold_rows(session: Session) -> bool:
    """One step for what has no number; False when there is nothing old enough."""
    from_at = int(session.scalar(UP_TO) or 0)
    to_at, more = _bound(session, from_at)
    if to_at <= from_at or not sql.changed_one(session, MOVE_ROWS, {"from_at": from_at, "to_at": to_at}):
        return False
    for statement in (ADD_HOURS_OF_ROWS, ADD_STORES_OF_ROWS):
        session.execute(statement, between(from_at, to_at))
    return more


def between(from_at: int, to_at: int | None) -> dict[str, str]:
    """The ids of what was named from `from_at` on and before `to_at` (epoch ms); None: up to now."""
    prefixes = {"voucher": "vch", "transfer": "tfr", "refund": "rfl"}
    return {
        **{f"{row}_from": ids.earliest(prefix, from_at) for row, prefix in prefixes.items()},
        **{
            f"{row}_to": f"{prefix}_z" if to_at is None else ids.earliest(prefix, to_at)
            for row, prefix in prefixes.items()
        },
    }


def _bound(session: Session, from_at: int) -> tuple[int, bool]:
    """How far a step may go without too many rows, and whether more is left then."""
    horizon = _horizon(session)
    asked = {"transfer_from": ids.earliest("tfr", from_at), "at_once": _at_once(session)}
    nth = session.scalar(NTH, asked)
    if nth is None or ids.made_at(nth) >= horizon:
        return horizon, False
    return max(ids.made_at(nth), from_at + 1), True


def _horizon(session: Session) -> int:
    """Before this instant (of ids, which know no offset) nothing can appear any more."""
    at = clock.database_now(session) - clock.offset()
    oldest = session.scalar(OLDEST) if session.get_bind().dialect.name == "postgresql" else None
    return int(at if oldest is None else oldest) - LAG_MS


def _at_once(session: Session) -> int:
    return NUMBERS_AT_ONCE[session.get_bind().dialect.name]
