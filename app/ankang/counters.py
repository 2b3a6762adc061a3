"""The three counters of the code, by Shanghai day and purpose; each is raised in the transaction of its row."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock

RAISE = text(
    "INSERT INTO code_count (day, event, purpose, reason, count) VALUES (:day, :event, :purpose, :reason, 1)"
    " ON CONFLICT (day, event, purpose, reason) DO UPDATE SET count = code_count.count + 1"
)


def raise_counter(session: Session, at: int, event: str, purpose: str = "", reason: str = "") -> None:
    """One more `applied`, `displayed` or `verified`; for the last also its purpose and `accepted` or a refusal."""
    session.execute(RAISE, {"day": clock.day(at), "event": event, "purpose": purpose, "reason": reason})
