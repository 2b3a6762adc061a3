"""The relay: what transactions told is numbered and published, in one order for everybody.

It looks for rows, not for numbers or times behind the last ones: a transaction that commits late is found by the next
pass. Rows, events and the clock change in one transaction, under the clock's lock, so however many relays run, each
event is published once, and no number becomes visible before a lower one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import courtesy, sql
from app.events import bodies, webhooks

ROWS_AT_ONCE = 4  # of up to a whole group of claims each
LOCK = text(
    "INSERT INTO event_clock (id, last_no) VALUES (1, 0)"
    " ON CONFLICT (id) DO UPDATE SET last_no = event_clock.last_no RETURNING last_no"
)
NEXT = text("SELECT id, kind, refs, at FROM outbox ORDER BY id LIMIT :most")
ADD = sql.SetWise(
    "INSERT INTO event (no, kind, ref, at, is_test, merchant_id, citizen_id, body)"
    " SELECT no, kind, ref, at, is_test, merchant_id, citizen_id, body FROM {items} WHERE true",
    no="bigint",
    kind="text",
    ref="text",
    at="bigint",
    is_test="boolean",
    merchant_id="text",
    citizen_id="text",
    body="text",
)
RAISE = text("UPDATE event_clock SET last_no = :last_no WHERE id = 1")
# Exactly the rows that were read: one with a lower id may have become visible meanwhile.
FORGET = sql.SetWise("DELETE FROM outbox WHERE id IN (SELECT id FROM {items})", id="bigint")
OLDEST = text("SELECT MIN(at) FROM outbox")


def run(goes_on: Callable[[], bool] = lambda: True) -> int:
    """Publish whatever was told, while it goes on; returns how many events."""
    total = 0
    while (published := _publish()) and goes_on():
        total += published
    return total + published


def _publish() -> int:
    courtesy.give_way()
    return sql.write(publish_some)


def publish_some(session: Session) -> int:
    """The next rows of the outbox as events, in this transaction; returns how many events."""
    last_no: int = session.execute(LOCK).scalar_one()
    told = session.execute(NEXT, {"most": ROWS_AT_ONCE}).all()
    if not told:
        return 0
    events = [{"no": no, **event} for no, event in enumerate(_events(session, told), start=last_no + 1)]
    ADD.run(session, events)
    session.execute(RAISE, {"last_no": last_no + len(events)})
    webhooks.address(session, last_no, last_no + len(events))
    FORGET.run(session, [{"id": row.id} for row in told])
    return len(events)


def _events(session: Session, told: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """In the order in which it was told; rows of one kind that follow one another are looked up together."""
    runs: list[tuple[str, list[dict[str, Any]]]] = []
    for row in told:
        items = [{"ref": ref, "at": row.at} for ref in json.loads(row.refs)]
        if runs and runs[-1][0] == row.kind:
            runs[-1][1].extend(items)
        else:
            runs.append((row.kind, items))
    return [event for kind, items in runs for event in bodies.of(session, kind, items)]


def oldest() -> int | None:
    """The instant (epoch ms) of the oldest row that waits, None where none does."""
    with sql.reading() as session:
        return session.scalar(OLDEST)
