"""What is deleted after 400 days: notices and the log of deliveries. The feed stays: a cursor is good for ever."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.notice import KEEP_MS
from app.events.notices import position

AT_ONCE = 500
LAST = text("SELECT last_no FROM event_clock WHERE id = 1")
AT = text("SELECT at FROM event WHERE no = :no")
HOOKS = text("SELECT id FROM webhook ORDER BY id")
NOTICES = text(
    "DELETE FROM notice WHERE (event_no, person_no) IN (SELECT event_no, person_no FROM notice WHERE event_no <= :no"
    " ORDER BY event_no, person_no LIMIT :most)"
)
DELIVERIES = text(
    "DELETE FROM webhook_delivery WHERE webhook_id = :id AND event_no IN (SELECT event_no FROM webhook_delivery"
    " WHERE webhook_id = :id AND event_no <= :no ORDER BY event_no LIMIT :most)"
)


def run() -> str:
    """Delete what is older, in small steps: the work is what is deleted, not what is there."""
    with sql.reading() as session:
        old_no = last_before(session, clock.now() - KEEP_MS)
        hooks = session.scalars(HOOKS).all()
    # First, so that the audit misses none of what is being deleted.
    sql.write(partial(_forgotten, no=old_no))
    notices = _all(partial(_some, NOTICES, no=old_no))
    deliveries = sum(_all(partial(_some, DELIVERIES, no=old_no, id=hook)) for hook in hooks)
    return f"{notices} notices and {deliveries} deliveries deleted"


def last_before(session: Session, at: int) -> int:
    """The number of the last event up to this instant (epoch ms), 0 where there is none.

    By halves: events are numbered within seconds of when they happened, nearly in that order.
    """
    low, high = 0, session.scalar(LAST) or 0
    while low < high:
        middle = (low + high + 1) // 2
        if session.execute(AT, {"no": middle}).scalar_one() <= at:
            low = middle
        else:
            high = middle - 1
    return low


def _forgotten(session: Session, no: int) -> None:
    position.locked(session)
    session.execute(position.FORGOTTEN, {"no": no})


def _some(statement: Any, session: Session, **which: Any) -> int:
    deleted: Any = session.execute(statement, {**which, "most": AT_ONCE})
    return int(deleted.rowcount)


def _all(some: Callable[[Session], int]) -> int:
    total = 0
    while deleted := sql.write(some):
        total += deleted
    return total
