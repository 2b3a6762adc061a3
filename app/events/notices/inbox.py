"""The citizen's own notices, and the language they come in."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import once, sql
from app.domain import event, notice
from app.domain.refusals import Refusal, Refused

MOST_UNREAD = 100
PERSON = text("SELECT language, notices_read_no FROM citizen WHERE id = :citizen_id")
PAGE = text(
    "SELECT event_no, person_no, kind, facts, at FROM notice WHERE citizen_id = :citizen_id AND event_no < :before"
    " ORDER BY event_no DESC LIMIT :limit"
)
UNREAD = text(
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM notice WHERE citizen_id = :citizen_id AND event_no > :read_no"
    f" LIMIT {MOST_UNREAD}) AS newest"
)
READ = text("UPDATE citizen SET notices_read_no = :no WHERE id = :citizen_id AND notices_read_no < :no")
FOUND = text("SELECT 1 FROM notice WHERE citizen_id = :citizen_id AND event_no = :no")
SPEAK = text("UPDATE citizen SET language = :language WHERE id = :citizen_id")
FOR_EVER = 10**event.DIGITS


def page(citizen_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Newest first, in the citizen's language; `unread` counts to a hundred."""
    before = notice.event_no_of(cursor) if cursor else FOR_EVER
    with sql.reading() as session:
        person = session.execute(PERSON, {"citizen_id": citizen_id}).one()
        asked = {"citizen_id": citizen_id, "before": before, "limit": limit}
        rows = session.execute(PAGE, asked).all()
        unread = session.scalar(UNREAD, {"citizen_id": citizen_id, "read_no": person.notices_read_no})
    items = [_shown(row, person) for row in rows]
    return {
        "items": items,
        "unread": unread,
        "next_cursor": items[-1]["notice_id"] if len(rows) == limit else None,
    }


def _shown(row: Row[Any], person: Row[Any]) -> dict[str, Any]:
    facts = json.loads(row.facts)
    return {
        "notice_id": notice.name_of(row.event_no, row.person_no),
        "kind": row.kind,
        "at": row.at,
        "is_read": row.event_no <= person.notices_read_no,
        "text": notice.text(row.kind, person.language, facts),
    }


def unread(citizen_id: str) -> int:
    """How many notices nobody has looked at yet, counted to a hundred."""
    with sql.reading() as session:
        person = session.execute(PERSON, {"citizen_id": citizen_id}).one()
        asked = {"citizen_id": citizen_id, "read_no": person.notices_read_no}
        return int(session.scalar(UNREAD, asked) or 0)


def read(session: Session, citizen_id: str, upto: str) -> once.Answer:
    """This notice and all before it are read. Raises Refused(NOTICE_NOT_FOUND), also for somebody else's."""
    asked = {"citizen_id": citizen_id, "no": notice.event_no_of(upto)}
    if session.scalar(FOUND, asked) is None:
        raise Refused(Refusal.NOTICE_NOT_FOUND)
    session.execute(READ, asked)
    return once.Answer(200, {"upto": upto}, citizen_id)


def language_of(citizen_id: str) -> str:
    """In which language notices come."""
    with sql.reading() as session:
        return str(session.execute(PERSON, {"citizen_id": citizen_id}).one().language)


def speak(session: Session, citizen_id: str, language: str) -> once.Answer:
    """From now on in this language."""
    session.execute(SPEAK, {"citizen_id": citizen_id, "language": language})
    return once.Answer(200, {"language": language}, citizen_id)
