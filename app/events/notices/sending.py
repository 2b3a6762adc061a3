"""Handing notices over to whoever delivers them, under a lease whose epoch is the fence of what is written afterwards.

A message is handed over between two transactions. Who dies in between, or comes back after the lease, leaves it to be
handed over again under the same key; that the citizen gets it once is the channel's promise (`channels.Channel`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, courtesy, leases, queue, sql
from app.ankang import apply
from app.domain import notice
from app.events.notices import channels
from app.extensions import settings

JOB = "workers.notices.send"
AT_ONCE = 100
PARTS = 3  # of a lease, after each of which it is taken anew, however slow the channel is
DUE = text(
    "SELECT 1 FROM notice_clock WHERE lease_until <= :now AND EXISTS"
    " (SELECT 1 FROM notice WHERE state = 'pending' AND next_at <= :now)"
)
TAKE = text(
    "UPDATE notice_clock SET lease_epoch = lease_epoch + 1, lease_until = :until WHERE id = 1 AND lease_until <= :now"
    " RETURNING lease_epoch"
)
HOLD = text("UPDATE notice_clock SET lease_until = :until WHERE id = 1 AND lease_epoch = :epoch")
# From where the last ones ended: what was sent a moment ago still stands in the index, and would be passed over anew
# every time, all of it.
NEXT = text(
    "SELECT n.next_at, n.event_no, n.person_no, n.kind, n.language, n.facts, n.at, n.attempts, z.id, z.phone_ct"
    " FROM notice n JOIN citizen z ON z.id = n.citizen_id WHERE n.state = 'pending' AND n.next_at <= :now"
    " AND (n.next_at, n.event_no, n.person_no) > (:next_at, :event_no, :person_no)"
    " ORDER BY n.next_at, n.event_no, n.person_no LIMIT :most"
)
RECORD = sql.SetWise(
    "UPDATE notice SET state = item.state, attempts = item.attempts, next_at = item.next_at, sent_at = item.sent_at"
    " FROM {items} WHERE notice.event_no = item.event_no AND notice.person_no = item.person_no",
    event_no="bigint",
    person_no="bigint",
    state="text",
    attempts="bigint",
    next_at="bigint",
    sent_at="bigint",
)
START = {"next_at": 0, "event_no": 0, "person_no": 0}
OLDEST = text("SELECT MIN(next_at) FROM notice WHERE state = 'pending'")


@dataclass(frozen=True)
class Attempt:
    """A notice, and whether its message was taken."""

    row: Row[Any]
    is_taken: bool


def is_due(now: int) -> bool:
    """Whether there is something to send that nobody is sending."""
    with sql.reading() as session:
        return session.scalar(DUE, {"now": now}) is not None


def send() -> str:
    """Hand over what is due, for a turn, until nobody takes it. A second run finds nothing to do and says so."""
    epoch = sql.write(_take)
    if epoch is None:
        return "nothing to do"
    sent, channel, after, turn = 0, channels.channel(), START, queue.Turn(JOB)
    while rows := _next(after):
        attempts = _hand_over(channel, rows)
        sql.write(partial(_record, epoch=epoch, attempts=attempts))
        sent += sum(attempt.is_taken for attempt in attempts)
        last = attempts[-1]
        if not last.is_taken or not turn.goes_on():
            break
        after = {name: getattr(last.row, name) for name in START}
    sql.write(lambda session: session.execute(HOLD, {"epoch": epoch, "until": 0}))
    return f"{sent} notices sent"


def _take(session: Session) -> int | None:
    now = clock.database_now(session)
    return session.execute(TAKE, {"now": now, "until": leases.until(now)}).scalar_one_or_none()


def _next(after: Mapping[str, int]) -> Sequence[Row[Any]]:
    with sql.reading() as session:
        return session.execute(NEXT, {"now": clock.database_now(session), "most": AT_ONCE, **after}).all()


def _hand_over(channel: channels.Channel, rows: Sequence[Row[Any]]) -> list[Attempt]:
    """As many as a slow channel takes in a part of the lease; the first that is not taken is the last."""
    attempts, began = list[Attempt](), time.monotonic()
    for row in rows:
        try:
            wanted = message(row)
            if wanted.phone:  # who applied at a desk has none, and reads no notices: the desk tells
                courtesy.give_way()  # a channel may write to the disk that a till's COMMIT waits for
                channel.deliver(wanted)
        except channels.NotDelivered:
            return [*attempts, Attempt(row, is_taken=False)]
        attempts.append(Attempt(row, is_taken=True))
        if time.monotonic() - began > settings().lease_seconds / PARTS:
            break
    return attempts


def message(row: Row[Any]) -> channels.Message:
    """What leaves the platform. The phone is opened here, for this moment."""
    return channels.Message(
        key=notice.name_of(row.event_no, row.person_no),
        phone=apply.phone_of(row),
        language=row.language,
        kind=row.kind,
        at=clock.iso(row.at),
        text=notice.text(row.kind, row.language, json.loads(row.facts)),
    )


def _record(session: Session, epoch: int, attempts: Sequence[Attempt]) -> None:
    """What became of attempts. Raises LeaseLost: then nothing is written, and they are made once more."""
    now = clock.database_now(session)
    if not sql.changed_one(session, HOLD, {"epoch": epoch, "until": leases.until(now)}):
        raise leases.LeaseLost("notices")
    RECORD.run(session, [_after(attempt, now) for attempt in attempts])


def _after(attempt: Attempt, now: int) -> dict[str, Any]:
    failures = attempt.row.attempts + 1
    return {
        "event_no": attempt.row.event_no,
        "person_no": attempt.row.person_no,
        "attempts": failures,
        "state": "sent" if attempt.is_taken else notice.state_after(failures),
        "next_at": now if attempt.is_taken else now + notice.pause_ms(failures),
        "sent_at": now if attempt.is_taken else None,
    }


def oldest() -> int | None:
    """The instant (epoch ms) since when the longest waiting message is due."""
    with sql.reading() as session:
        return session.scalar(OLDEST)
