"""Who works on a list: a lease keeps workers apart, its epoch is the fence in every transaction of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, leases, sql

TAKE = text(
    "UPDATE target_list SET lease_epoch = lease_epoch + 1, lease_until = :until WHERE id = :list_id"
    " AND state IN ('checking', 'released') AND lease_until <= :now"
    " RETURNING lease_epoch, batch_id, named_columns, state, done_no"
)
EXTEND = text(
    "UPDATE target_list SET lease_until = :until, done_no = CASE WHEN done_no > :done_no THEN done_no ELSE :done_no END"
    " WHERE id = :list_id AND lease_epoch = :epoch AND state = :state"
)
DUE = text(
    "SELECT id FROM target_list WHERE state IN ('checking', 'released') AND lease_until <= :now ORDER BY id"
)


@dataclass(frozen=True)
class Lease:
    """One worker's right to one list."""

    list_id: str
    epoch: int
    batch_id: str
    columns: tuple[str, ...]
    state: str
    done_no: int

    @property
    def name(self) -> dict[str, str | int]:
        """What its fences ask for."""
        return {"list_id": self.list_id, "epoch": self.epoch, "state": self.state}


def take(list_id: str) -> Lease | None:
    """The lease on a list that has work left and that nobody holds."""

    def taken(session: Session) -> Lease | None:
        now = clock.database_now(session)
        values = {"list_id": list_id, "now": now, "until": leases.until(now)}
        row = session.execute(TAKE, values).one_or_none()
        if row is None:
            return None
        columns = tuple(row.named_columns.split(","))
        return Lease(list_id, row.lease_epoch, row.batch_id, columns, row.state, row.done_no)

    return sql.write(taken)


def advance(session: Session, lease: Lease, done_no: int) -> None:
    """First in every transaction: still ours, and now done up to this line. Raises LeaseLost."""
    until = leases.until(clock.database_now(session))
    if not sql.changed_one(session, EXTEND, {**lease.name, "until": until, "done_no": done_no}):
        raise leases.LeaseLost(lease.list_id)


def extend(session: Session, lease: Lease) -> None:
    """`advance` without progress."""
    advance(session, lease, 0)


def due(now: int) -> list[str]:
    """Lists that have work left and that nobody holds: what the sweeper rings for."""
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now}))
