"""The bench waits for everything that follows what was done; on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.extensions import db
from loadtest.bench.rest import LEFT
from tests.kit import inside

ASKED_AT = 1_800_000_000_000
AT_REST = "INSERT INTO row_fold (id, up_to) VALUES (1, :at) ON CONFLICT (id) DO UPDATE SET up_to = :at"
AN_EVENT = (
    "INSERT INTO event (no, kind, ref, at, is_test, body) VALUES (1, 'claimed', 'vch_1', 1, false, '{}')"
)
LEFT_OVER = {
    "what was claimed is not summed up": "UPDATE row_fold SET up_to = up_to - 1",
    "nobody is told": "INSERT INTO outbox (kind, refs, at) VALUES ('claimed', '[]', 1)",
    "no notice is written": AN_EVENT,
    "nothing is sealed": "INSERT INTO event_clock (id, last_no) VALUES (1, 1)",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def untouched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A database in which nothing has been done."""
    yield from inside.on(request, tmp_path_factory, "rest")


def left(session: Session) -> int:
    """How much, a moment after it was asked for."""
    return session.execute(LEFT, {"now": ASKED_AT + 1, "asked_at": ASKED_AT}).scalar_one()


@pytest.mark.parametrize("what", LEFT_OVER)
def test_a_platform_where_something_is_left_to_do_is_not_at_rest(what: str, untouched: Flask):
    """Each by itself; without it there is nothing."""
    with untouched.app_context(), Session(db.engine) as session:
        session.execute(text(AT_REST), {"at": ASKED_AT})
        assert left(session) == 0
        session.execute(text(LEFT_OVER[what]))
        assert left(session) == 1
