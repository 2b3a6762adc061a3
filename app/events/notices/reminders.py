"""Three days before a voucher lapses that is told, as an event like every other: once a voucher.

The clock remembers up to which end of validity vouchers were looked at, and moves in the transaction that tells: what
is passed once is never passed again. A validity does not change. Who gets a voucher with less than three days left, or
claimed it within the last day, has just been told when it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, outbox, sql
from app.domain.event import Kind
from app.domain.notice import FRESH_MS, REMIND_MS
from app.events.notices import position

AT_ONCE = 500  # in one row of the outbox
REACHED = text("SELECT reminded_to FROM notice_clock WHERE id = 1")
DUE = text(
    "SELECT v.id FROM voucher v WHERE v.status = 'issued' AND v.valid_to > :since AND v.valid_to <= :upto"
    " AND v.claimed_at <= :claimed_to ORDER BY v.valid_to"
)


def run() -> int:
    """Tell of what has come within three days of its end; returns of how many vouchers.

    Looked up before the transaction, which is short then, whatever number ends at one instant.
    """
    with sql.reading() as session:
        now = clock.database_now(session)
        reached = session.scalar(REACHED) or 0
        ends = {"since": max(reached, now), "upto": now + REMIND_MS, "claimed_to": now - FRESH_MS}
        due = session.scalars(DUE, ends).all()
    return sql.write(partial(_tell, due=due, since=reached, upto=now + REMIND_MS, at=now))


def _tell(session: Session, due: Sequence[str], since: int, upto: int, at: int) -> int:
    position.locked(session)
    if upto <= since or not sql.changed_one(session, position.REMINDED, {"upto": upto, "since": since}):
        return 0
    for first in range(0, len(due), AT_ONCE):
        outbox.tell(session, Kind.EXPIRING, due[first : first + AT_ONCE], at)
    return len(due)
