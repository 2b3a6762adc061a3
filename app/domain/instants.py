"""Instants are epoch milliseconds UTC; at the edges they are Shanghai's wall clock, which has no summer time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
AHEAD_MS = 8 * HOUR_MS  # of UTC
SHANGHAI = timezone(timedelta(milliseconds=AHEAD_MS))


def iso(at: int) -> str:
    """`2026-11-23T10:00:00.000+08:00`."""
    second, ms = divmod(at, 1000)
    return f"{_local(second)}.{ms:03d}+08:00"


def day(at: int) -> str:
    """The calendar day of an instant, `2026-11-23`."""
    return _local(at // 1000)[:10]


def weekday_and_minute(at: int) -> tuple[int, int]:
    """Weekday, 1 (Monday) to 7, and minute of the day."""
    # the first day of the epoch was a Thursday
    days, ms = divmod(at + AHEAD_MS, DAY_MS)
    return (days + 3) % 7 + 1, ms // MINUTE_MS


@lru_cache(256)
def _local(second: int) -> str:
    """A second of the wall clock: nearly all that are asked for in a moment are the same few."""
    return datetime.fromtimestamp(second, SHANGHAI).replace(tzinfo=None).isoformat()
