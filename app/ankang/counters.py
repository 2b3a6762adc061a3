"""The three counters of the code, by day and purpose, each raised in the transaction of its row; and quotes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

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
_quoted: Counter[tuple[str, str]] = Counter()
_noting = threading.Lock()


def raise_counter(session: Session, at: int, event: str, times: int = 1, purpose: str = "") -> None:
    """So many `times` more `applied` or `displayed`; `purpose` is TEST or nothing."""
    _raise(session, at, event, Counter({(purpose, ""): times}))


def raise_verified(session: Session, at: int, scans: Iterable[tuple[str, str]]) -> None:
    """One more `verified` for each scan: its purpose, and `accepted` or the code of a refusal as its reason.

    The rows are hot: raised once for all scans of a transaction, as late as possible. Quotes noted since the last time
    go with them.
    """
    RAISE.ask(session, [*_rows(at, "verified", Counter(scans)), *_rows(at, "quoted", _take_quotes())])


def note_quotes(purpose: str, times: int = 1) -> None:
    """So many more quotes; a quote has no row, so they wait in memory and some are lost with the process."""
    with _noting:
        _quoted[purpose, ""] += times


def _take_quotes() -> Counter[tuple[str, str]]:
    with _noting:
        taken = Counter(_quoted)
        _quoted.clear()
        return taken


def _raise(session: Session, at: int, event: str, counted: Counter[tuple[str, str]]) -> None:
    RAISE.ask(session, _rows(at, event, counted))


def _rows(at: int, event: str, counted: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    day = clock.day(at)
    return [
        {"day": day, "event": event, "purpose": purpose, "reason": reason, "times": times}
        for (purpose, reason), times in counted.items()
    ]
