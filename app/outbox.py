"""Telling what happened: one row beside the effect, in its transaction. Whoever wants to know hears of it later.

The transaction's last statement: it takes no lock that others wait for, and behind the posting clock the rows of one
campaign have the order of its postings (ADR 0029).
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy.orm import Session

from app import sql
from app.domain.event import Kind

TELL = sql.SetWise(
    "INSERT INTO outbox (kind, refs, at) SELECT kind, refs, at FROM {items} WHERE true",
    kind="text",
    refs="text",
    at="bigint",
)


def tell(session: Session, kind: Kind, refs: Sequence[str], at: int) -> None:
    """This happened to each of these at this instant (epoch ms); nothing where there is none."""
    if refs:
        TELL.ask(session, [{"kind": kind, "refs": orjson.dumps(refs).decode(), "at": at}])
