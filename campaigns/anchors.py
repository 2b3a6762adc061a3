"""The day's anchors, for who keeps them where nobody here can change them, and what an anchor stands for.

An anchor is the last seal of a Shanghai day. Seals are only ever added and their days never go back, so a day that
is over keeps its anchor. The anchor's hash holds every seal before it: it is what the day's file is known by, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain import sheets
from app.domain.refusals import Refusal, Refused
from app.models import Seal
from campaigns import seals

HEAD = ("number", "scope", "from_no", "to_no", "content_sha256", "sealed_at", "sha256")
ROWS_AT_ONCE = 1_000
LATEST = "9999-12-31"
# From day to day by the index, however many seals lie between them.
ANCHORS = text(
    "WITH RECURSIVE days (day, n) AS (SELECT MAX(day), 1 FROM seal WHERE day < :before"
    " UNION ALL SELECT (SELECT MAX(s.day) FROM seal s WHERE s.day < days.day), n + 1 FROM days"
    " WHERE days.day IS NOT NULL AND n < :most)"
    " SELECT s.day, s.number, s.sha256, s.sealed_at FROM days"
    " JOIN seal s ON s.number = (SELECT MAX(l.number) FROM seal l WHERE l.day = days.day) ORDER BY s.number DESC"
)


def page(session: Session, before: str | None, limit: int) -> dict[str, Any]:
    """The anchors of `limit` days before one, the latest first; the cursor of the next page is a day."""
    rows = session.execute(ANCHORS, {"before": before or LATEST, "most": limit + 1}).all()
    items = [_shown(row) for row in rows[:limit]]
    return {"items": items, "next_cursor": items[-1]["day"] if len(rows) > limit else None}


def of_day(session: Session, day: str) -> Seal:
    """The anchor of a day. Raises Refused(ANCHOR_NOT_FOUND) where nothing was sealed that day."""
    found = seals.anchor(session, day)
    if found is None or found.day != day:
        raise Refused(Refusal.ANCHOR_NOT_FOUND)
    return found


def lines(anchor: Seal) -> Iterator[str]:
    """All seals of its day up to it as CSV: the hash of each line follows from the line before."""
    wanted = (
        select(*(getattr(Seal, name) for name in HEAD))
        .where(Seal.day == anchor.day, Seal.number <= anchor.number)
        .order_by(Seal.number)
        .limit(ROWS_AT_ONCE)
    )
    yield sheets.csv_text([HEAD])
    after = 0
    with sql.reading() as session:
        while rows := session.execute(wanted.where(Seal.number > after)).all():
            yield sheets.csv_text(tuple(row) for row in rows)
            after = rows[-1].number


def _shown(row: Row[Any]) -> dict[str, Any]:
    is_final = row.day < clock.day(clock.now())
    return {**row._mapping, "is_final": is_final}
