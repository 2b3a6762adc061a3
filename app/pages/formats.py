"""Money and instants as people read them. The scripts' twin is `app/static/js/format.js`."""

from __future__ import annotations

from datetime import datetime

from app import clock
from app.domain import money
from app.domain.instants import SHANGHAI

Instant = int | str


def now_ms() -> int:
    """The server's time (epoch ms): pages count down by it, never by the phone's clock."""
    return clock.now()


def yuan(fen: int) -> str:
    """Fen as yuan with thousands marked: 123456 is `1,234.56`."""
    whole, _, cents = money.yuan(fen).partition(".")
    return f"{'-' if fen < 0 else ''}{abs(int(whole)):,}.{cents}"


def moment(at: Instant) -> str:
    """An instant (epoch ms, or as the API writes it) to the minute, in Shanghai: `2026-11-26 10:00`."""
    return _local(at).strftime("%Y-%m-%d %H:%M")


def day(at: Instant) -> str:
    """Its day: `2026-11-26`."""
    return _local(at).strftime("%Y-%m-%d")


def iso(at: Instant) -> str:
    """It as the API writes it, for `<time datetime>`."""
    return _local(at).isoformat(timespec="milliseconds")


def _local(at: Instant) -> datetime:
    if isinstance(at, str):
        return datetime.fromisoformat(at).astimezone(SHANGHAI)
    return datetime.fromtimestamp(at / 1000, SHANGHAI)
