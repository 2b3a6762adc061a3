"""I16: the seals and the chain of the audit trail, computed again from what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain import seal as rules
from app.domain.seal import Interval, Link
from app.models import Seal
from campaigns import seals

CHAIN = text(
    f"SELECT l.number, l.entry_id, l.sha256, {', '.join(f'a.{name}' for name in rules.ENTRY)}"
    " FROM audit_link l LEFT JOIN audit_log a ON a.id = l.entry_id ORDER BY l.number"
)


def trail(session: Session) -> list[dict[str, Any]]:
    """Entries that were altered or removed since they were chained, and links that are not there."""
    return [vars(flaw) for flaw in rules.flaws(_link(row) for row in session.execute(CHAIN))]


def sealed(session: Session) -> list[dict[str, Any]]:
    """Seals that do not follow from the one before, or whose interval holds something else today."""
    return list(_broken(session))


def _link(row: Row[Any]) -> Link:
    entry = tuple(row)[3:]
    return Link(row.number, row.entry_id, row.sha256, None if entry[0] is None else entry)


def _broken(session: Session) -> Iterator[dict[str, Any]]:
    previous, expected, reached = rules.START, 1, dict[str, int]()
    for seal in session.scalars(select(Seal).order_by(Seal.number)):
        due = Interval(seal.scope, seal.from_no, seal.to_no)
        what = {
            "seal missing": seal.number != expected or reached.get(seal.scope, 0) != seal.from_no,
            "content altered": seals.content_of(session, due) != seal.content_sha256,
            "seal altered": _of(seal, previous) != seal.sha256 or clock.day(seal.sealed_at) != seal.day,
        }
        wrong = [word for word, is_so in what.items() if is_so]
        if wrong:
            yield {"number": seal.number, **vars(due), "what": ", ".join(wrong)}
        previous, expected, reached[seal.scope] = seal.sha256, seal.number + 1, seal.to_no


def _of(seal: Seal, previous: str) -> str:
    facts = (seal.number, seal.scope, seal.from_no, seal.to_no, seal.content_sha256, seal.sealed_at)
    return rules.chained(previous, *facts)
