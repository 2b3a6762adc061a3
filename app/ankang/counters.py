"""The three counters of the code, by Shanghai day and purpose; each is raised in the transaction of its row."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock

RAISE = text(
    "INSERT INTO code_count (day, event, purpose, reason, count) VALUES (:day, :event, :purpose, :reason, :times)"
    " ON CONFLICT (day, event, purpose, reason) DO UPDATE SET count = code_count.count + :times"
)


def raise_counter(
    session: Session, at: int, event: str, purpose: str = "", reason: str = "", times: int = 1
) -> None:
    """So many `times` more `applied`, `displayed` or `verified`.

    `verified` also has its purpose, and `accepted` or the code of a refusal as its reason.
    """
    values = {"day": clock.day(at), "event": event, "purpose": purpose, "reason": reason, "times": times}
    session.execute(RAISE, values)
