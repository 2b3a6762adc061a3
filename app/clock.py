"""The only clock (design 3.3). Instants are epoch milliseconds UTC inside, ISO 8601 +08:00 at the edges.

The offset exists in the test profile only; it travels into SQL and Lua as an argument, so tests cross 10:00
and seven days without waiting. The one other use of it is `past`: the demo's seed lives through the days before today.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app.config import Settings
from app.domain.instants import day as day
from app.domain.instants import iso as iso
from app.set_wise import Statement

_DATABASE_MS = Statement(
    {
        "sqlite": "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) AS ms",
        "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS ms",
    }
)


def init_app(app: Flask, settings: Settings) -> None:
    """Remember where the test profile keeps its offset."""
    app.extensions["clock_offset_file"] = (
        Path(settings.clock_offset_file) if settings.clock_offset_file else None
    )
    app.extensions["clock_past_ms"] = 0


def offset() -> int:
    """Milliseconds by which the test profile moved the clock, or a seed lives in the past; 0 in every server."""
    return offset_of(current_app)


def offset_of(app: Flask) -> int:
    """`offset` of this application, for who answers outside its context."""
    return _moved_ms(app) - int(app.extensions["clock_past_ms"])


def _moved_ms(app: Flask) -> int:
    path: Path | None = app.extensions["clock_offset_file"]
    return int(path.read_text() or 0) if path and path.exists() else 0


@contextmanager
def past(began: int) -> Iterator[Callable[[int], None]]:
    """This process lives in the days since `began` (epoch ms); yields what moves it on to an instant.

    Its clock never runs backwards, and never beyond the present. It is a number in this process's memory, so no other
    process lives there, and nothing of it is left however this one ends. Raises RuntimeError in production.
    """
    extensions = current_app.extensions
    if extensions["settings"].profile == "production":
        raise RuntimeError("production lives in the present")

    def ago_ms(instant: int) -> int:
        return time.time_ns() // 1_000_000 + _moved_ms(current_app) - instant

    def move_on(instant: int) -> None:
        extensions["clock_past_ms"] = max(0, min(extensions["clock_past_ms"], ago_ms(instant)))

    extensions["clock_past_ms"] = max(0, ago_ms(began))
    try:
        yield move_on
    finally:
        extensions["clock_past_ms"] = 0


def now() -> int:
    """This process's time. For what money depends on use `database_now` or the gate's `admitted_at`."""
    return time.time_ns() // 1_000_000 + offset()


def database_now(session: Session) -> int:
    """The database's time: redemption windows and posting times are judged by it."""
    return ask_database(session)()


def ask_database(session: Session) -> Callable[[], int]:
    """`database_now` of the moment at which the database comes to it; it is told when it is called."""
    heard = _DATABASE_MS.send(session, {})
    return lambda: int(heard().scalar_one()) + offset()


def millis(instant: datetime) -> int:
    """Epoch milliseconds of an aware datetime."""
    return round(instant.astimezone(UTC).timestamp() * 1000)
