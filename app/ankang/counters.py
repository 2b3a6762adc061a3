"""The three counters of the code, by Shanghai day and purpose; each is raised in the transaction of its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy.orm import Session

from app import clock, sql

RAISE = sql.SetWise(
    "INSERT INTO code_count (day, event, purpose, reason, count) SELECT day, event, purpose, reason, times"
    " FROM {items} WHERE true ORDER BY day, event, purpose, reason"
    " ON CONFLICT (day, event, purpose, reason) DO UPDATE SET count = code_count.count + excluded.count",
    day="text",
    event="text",
    purpose="text",
    reason="text",
    times="bigint",
)

# What is made up or read by a test terminal: counted, so that a recount of rows agrees, and in no statistics.
TEST = "test"


def raise_counter(session: Session, at: int, event: str, times: int = 1, purpose: str = "") -> None:
    """So many `times` more `applied` or `displayed`; `purpose` is TEST or nothing."""
    _raise(session, at, event, Counter({(purpose, ""): times}))


def raise_verified(session: Session, at: int, scans: Iterable[tuple[str, str]]) -> None:
    """One more `verified` for each scan: its purpose, and `accepted` or the code of a refusal as its reason.

    The rows are hot: raised once for all scans of a transaction, as late as possible.
    """
    _raise(session, at, "verified", Counter(scans))


def _raise(session: Session, at: int, event: str, counted: Counter[tuple[str, str]]) -> None:
    day = clock.day(at)
    rows = [
        {"day": day, "event": event, "purpose": purpose, "reason": reason, "times": times}
        for (purpose, reason), times in counted.items()
    ]
    if rows:
        RAISE.run(session, rows)
