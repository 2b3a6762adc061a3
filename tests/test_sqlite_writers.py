"""Writers of one process who wait for SQLite together: one COMMIT for all, each alone in what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app import sqlite_writers
from app.extensions import db
from app.sqlite_writers import Writers
from tests.kit import inside
from tests.kit.counting import add_one, counter, value
from tests.kit.servers import wait_for
from tests.kit.together import each

Work = Callable[[Session], Any]
whose: ContextVar[str] = ContextVar("whose")


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Flask]:
    """Inside the application, on SQLite."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/sql.db"))
    with app.app_context():
        yield app
    inside.close(app)


@pytest.fixture
def commits(there: Flask) -> list[int]:
    """One entry a COMMIT."""
    seen: list[int] = []
    event.listen(db.engine, "commit", lambda _: seen.append(1))
    return seen


def together(works: Sequence[Work]) -> list[Any]:
    """While a first writer is at it, all these come. Returns what each got: its result, or its error."""
    writers: Writers = current_app.extensions["writers"]
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    inside_first, go_on = threading.Event(), threading.Event()

    def first(session: Session) -> None:
        session.execute(text("SELECT 1"))
        inside_first.set()
        assert go_on.wait(30)

    def come(work: Work | None) -> Any:
        with app.app_context():
            if work is None:
                return writers.run(first)
            assert inside_first.wait(30)
            whose.set(f"{id(work)}")
            try:
                return writers.run(work)
            except Exception as error:
                return error

    def let_go() -> None:
        wait_for("the line", lambda: len(writers._waiting) == len(works))
        go_on.set()

    releasing = threading.Thread(target=let_go)
    releasing.start()
    got = each([None, *works], come, width=1 + len(works))
    releasing.join()
    return got[1:]


def test_all_who_wait_share_one_commit(there: Flask, commits: list[int]):
    """Eight come while one is at it: nine writers, two COMMITs, each with its own result."""
    key = counter()
    commits.clear()
    got = together([partial(_add_one_and_say, key, n) for n in range(8)])
    assert got == list(range(8)) and len(commits) == 2
    assert value(key) == 8


def test_one_alone_needs_no_savepoint(there: Flask, commits: list[int]):
    """Who comes alone pays for nobody."""
    key, savepoints = counter(), list[int]()
    event.listen(db.engine, "savepoint", lambda *_: savepoints.append(1))
    current_app.extensions["writers"].run(lambda session: add_one(session, key))
    assert (value(key), savepoints) == (1, [])


def test_more_than_sixteen_are_several_transactions(there: Flask, commits: list[int]):
    """Nobody waits for a transaction without end."""
    key = counter()
    commits.clear()
    together([lambda session: add_one(session, key)] * (2 * sqlite_writers.MOST_TOGETHER + 1))
    assert value(key) == 2 * sqlite_writers.MOST_TOGETHER + 1
    assert len(commits) == 1 + 3


def test_what_goes_wrong_is_undone_alone(there: Flask):
    """An error after a write: its own writer hears it, the write is undone, the neighbours' stay."""
    key, other = counter(), counter()

    def wrong(session: Session) -> None:
        add_one(session, other)
        raise LookupError("mine")

    def worse(session: Session) -> None:
        add_one(session, other)
        session.execute(text("INSERT INTO no_such_table VALUES (1)"))

    works = [lambda session: add_one(session, key), wrong, worse, lambda session: add_one(session, key)]
    got = together(works)
    assert [type(answer).__name__ for answer in got] == [
        "NoneType",
        "LookupError",
        "OperationalError",
        "NoneType",
    ]
    assert (value(key), value(other)) == (2, 0)


def test_a_commit_that_fails_is_everybodys(there: Flask):
    """A foreign key that is looked at by the COMMIT only: all hear of it, nothing is there."""
    key = counter()

    def broken(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(
            text("INSERT INTO posting_clock (campaign_id, last_no, last_at) VALUES ('none', 0, 0)")
        )

    got = together([lambda session: add_one(session, key), broken, lambda session: add_one(session, key)])
    assert [type(answer).__name__ for answer in got] == ["IntegrityError"] * 3
    assert value(key) == 0
    current_app.extensions["writers"].run(lambda session: add_one(session, key))
    assert value(key) == 1


def test_a_transaction_that_sqlite_gave_up_is_nobodys(there: Flask):
    """A full disk can undo everything in the middle: nobody goes on as if nothing had happened."""
    key = counter()

    def given_up(session: Session) -> None:
        session.connection().connection.cursor().execute("ROLLBACK")
        raise OSError("disk full")

    got = together([lambda session: add_one(session, key), given_up, lambda session: add_one(session, key)])
    assert all(isinstance(answer, Exception) for answer in got)
    assert value(key) == 0


def test_everybody_acts_in_a_context_of_its_own(there: Flask):
    """Whoever's thread does the work, it is the request's own `g` and the like that it sees."""
    works: list[Work] = [partial(_say_whose, n) for n in range(4)]
    assert together(works) == [(n, f"{id(work)}") for n, work in enumerate(works)]


def test_who_waits_too_long_is_told_and_does_nothing(there: Flask, monkeypatch: pytest.MonkeyPatch):
    """The first does not end: the second is told to come back, and what it wanted never happens."""
    key = counter()
    monkeypatch.setattr("app.sqlite.WAIT_S", 0.2)
    got: list[Any] = []
    writers: Writers = current_app.extensions["writers"]

    def first(_: Session) -> None:
        got.extend(each([lambda session: add_one(session, key)], lambda work: _error_of(writers, work)))

    writers.run(first)
    assert [type(error).__name__ for error in got] == ["Refused"] and value(key) == 0


def _add_one_and_say(key: str, n: int, session: Session) -> int:
    add_one(session, key)
    return n


def _say_whose(n: int, _: Session) -> tuple[int, str]:
    return n, whose.get()


def _error_of(writers: Writers, work: Work) -> Exception | None:
    try:
        writers.run(work)
    except Exception as error:
        return error
    return None
