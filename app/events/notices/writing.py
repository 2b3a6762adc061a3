"""A reader of the feed that writes notices: one an event and person.

Notices and the position behind their events change in one transaction, under the position's lock: however many read,
and wherever one is killed, each event is taken once. That a person has one notice of an event the database says, too.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, courtesy, sql
from app.domain.event import Kind
from app.events.notices import facts, position

AT_ONCE = 500
NEXT = text(
    "SELECT e.no, e.kind, e.at, e.is_test, e.citizen_id, e.body, z.language FROM event e"
    " LEFT JOIN citizen z ON z.id = e.citizen_id WHERE e.no > :after ORDER BY e.no LIMIT :most"
)
ADD = sql.SetWise(
    "INSERT INTO notice (event_no, person_no, citizen_id, kind, language, facts, at, state, attempts, next_at)"
    " SELECT event_no, person_no, citizen_id, kind, language, facts, at, 'pending', 0, next_at FROM {items} WHERE true",
    event_no="bigint",
    person_no="bigint",
    citizen_id="text",
    kind="text",
    language="text",
    facts="text",
    at="bigint",
    next_at="bigint",
)


def run(goes_on: Callable[[], bool] = lambda: True) -> int:
    """Write what the feed calls for, while it goes on; returns how many notices."""
    total = 0
    while (written := _write()) is not None:
        total += written
        if not goes_on():
            break
    return total


def _write() -> int | None:
    courtesy.give_way()
    return sql.write(write_some)


def write_some(session: Session) -> int | None:
    """The notices of the next events, in this transaction; None where there are no events.

    A draw is told to as many persons as there are events else, and goes on where it stopped.
    """
    at = position.locked(session)
    told = session.execute(NEXT, {"after": at.after_no, "most": AT_ONCE}).all()
    if not told:
        return None
    if told[0].kind == Kind.DRAWN:
        notices = facts.of_draw(session, told[0], at.within, AT_ONCE)
        is_over = len(notices) < AT_ONCE
        reached = (told[0].no, 0) if is_over else (at.after_no, notices[-1]["person_no"])
    else:
        others = list(takewhile(lambda each: each.kind != Kind.DRAWN, told))
        notices, reached = facts.of_one(session, others), (others[-1].no, 0)
    if notices:
        now = clock.database_now(session)
        ADD.run(session, [{**notice, "next_at": now} for notice in notices])
    session.execute(position.MOVE, {"after_no": reached[0], "within": reached[1]})
    return len(notices)
