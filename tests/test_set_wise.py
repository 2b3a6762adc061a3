"""Statements on one trip to the database do what they would do one by one; on both databases."""

from __future__ import annotations

import gc
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock, sql
from app.extensions import db
from tests.kit import inside
from tests.kit.counting import add_one, counter, value
from tests.kit.servers import Postgres
from tests.kit.statements import set_wise

ONE_MORE = sql.SetWise(
    "UPDATE counter SET used = used + 1 FROM {items} WHERE kind = 'counting' AND scope_id = item.key",
    key="text",
)
USED = sql.SetWise(
    "SELECT c.used FROM {items} JOIN counter c ON c.kind = 'counting' AND c.scope_id = item.key", key="text"
)
WRONG = sql.SetWise("SELECT * FROM no_such_table JOIN {items} ON true", key="text")


@pytest.fixture
def there(scratch: Flask) -> Iterator[Flask]:
    """Inside the application."""
    with scratch.app_context():
        yield scratch


def test_statements_of_a_trip_come_to_pass_in_their_order(there: Flask):
    """Each sees what went before it, whenever it is heard."""
    key = counter()
    with sql.writing() as session:
        with sql.one_trip(session):
            before = USED.ask(session, [{"key": key}])
            ONE_MORE.ask(session, [{"key": key}])
            between = USED.ask(session, [{"key": key}])
            ONE_MORE.must(session, [{"key": key}], "counter")
            now = clock.ask_database(session)
        assert [heard().scalar_one() for heard in (before, between)] == [0, 1]
        assert abs(now() - clock.now()) < 60_000
        assert session.scalar(text("SELECT used FROM counter WHERE scope_id = :key"), {"key": key}) == 2


def test_nothing_of_a_trip_is_left_to_be_looked_for(there: Flask):
    """Its cursors are gone with it: to find circles among what many trips left stops a till for milliseconds."""
    key = counter()

    def travel() -> None:
        with sql.writing() as session, sql.one_trip(session):
            ONE_MORE.must(session, [{"key": key}], "counter")

    travel()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(20):
            travel()
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()
    assert left < 20 * 5  # a cursor and what it knows are thirty


def test_for_no_rows_nobody_is_asked(there: Flask):
    """There is nothing to find, to change or to lose, also of a statement that would fail."""
    with sql.writing() as session:
        assert WRONG.run(session, []) == [] and USED.run(session, []).scalars() == []
        ONE_MORE.must(session, [], "counter")
        with sql.one_trip(session):
            ONE_MORE.must(session, [], "counter")
            assert WRONG.ask(session, [])().rowcount == 0


ECHO = sql.SetWise(
    "SELECT words, number, is_so FROM {items} ORDER BY number", words="text", number="bigint", is_so="boolean"
)
WORDS = [
    "",
    "NULL",
    "null",
    " two ",
    'a "b"',
    "c\\d",
    '\\"',
    "{1,2}",
    '["x",{"y":null}]',
    "张三 \n\t",
    "%s",
    "'",
    None,
]


@pytest.mark.parametrize("words", [WORDS, ["a", "b"], ["NULL"], [None], ['"', ""], ["\\"]])
def test_values_arrive_as_they_were_sent(words: list[str | None], there: Flask):
    """Whatever stands in them, and nothing where there is nothing; numbers to the last digit."""
    rows = [
        {"words": each, "number": 2**62 + n, "is_so": n % 2 == 0 if n else None}
        for n, each in enumerate(words)
    ]
    with sql.looking() as connection:
        arrived = [(row.words, row.number, row.is_so) for row in ECHO.run(connection, rows)]
    assert arrived == [(row["words"], row["number"], row["is_so"]) for row in rows]


@pytest.mark.parametrize("name", set_wise())
def test_every_column_has_a_name_of_its_own(name: str, there: Flask):
    """By which it is found in a row: no expression without one, none twice."""
    statement = set_wise()[name]
    nothing = {"items": "[]"} | dict.fromkeys([*statement.columns, "nth"], "{}")
    with sql.writing() as session:
        connection = session.connection()
        cursor = connection.connection.cursor()
        cursor.execute(statement.on(connection.dialect.name), nothing)
        namedtuple("Found", [column[0] for column in cursor.description or ()])
        session.rollback()


def test_a_row_without_a_number_has_none(there: Flask):
    """Beside one that has."""
    rows: list[dict[str, Any]] = [
        {"words": "a", "number": None, "is_so": None},
        {"words": "b", "number": -1, "is_so": False},
    ]
    with sql.looking() as connection:
        assert {(row.words, row.number) for row in ECHO.run(connection, rows)} == {("a", None), ("b", -1)}


def test_an_answer_that_is_needed_on_the_way_is_waited_for(there: Flask):
    """The rest goes on afterwards."""
    key = counter()
    with sql.writing() as session, sql.one_trip(session):
        ONE_MORE.ask(session, [{"key": key}])
        assert USED.run(session, [{"key": key}]).scalar_one() == 1
        assert ONE_MORE.run(session, [{"key": key}]).rowcount == 1
    assert value(key) == 2


def test_a_fence_that_lets_nobody_pass_ends_the_trip(there: Flask):
    """As a lost race: everything is decided again, and has one effect."""
    key, runs = counter(), []

    def work(session: Session) -> None:
        runs.append(key)
        with sql.one_trip(session):
            ONE_MORE.ask(session, [{"key": key}])
            ONE_MORE.must(session, [{"key": key if len(runs) > 1 else "nobody's"}], "counter")
            ONE_MORE.ask(session, [{"key": key}])

    sql.write(work)
    assert (value(key), len(runs)) == (3, 2)


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_statement_that_fails_on_a_trip_fails_as_anywhere(is_heard: bool, there: Flask):
    """Its error is SQLAlchemy's, with nothing of a person; what was sent beside it has no effect."""
    key = counter()

    def travel() -> None:
        with sql.writing() as session, sql.one_trip(session):
            ONE_MORE.ask(session, [{"key": key}])
            wrong = WRONG.ask(session, [{"key": "110101199001011237"}])
            ONE_MORE.ask(session, [{"key": key}])
            if is_heard:
                wrong()

    with pytest.raises(DBAPIError) as failed:
        travel()
    assert "no_such_table" in str(failed.value) and "110101199001011237" not in str(failed.value)
    assert value(key) == 0
    sql.write(lambda session: add_one(session, key))
    assert value(key) == 1


def test_a_connection_killed_on_a_trip_is_made_anew(postgres: Postgres):
    """The transaction runs again on another one; the first run leaves nothing."""
    app = inside.migrated(inside.environment(postgres.database("trips")))
    with app.app_context():
        key, runs = counter(), []

        def work(session: Session) -> None:
            runs.append(key)
            backend = session.scalar(text("SELECT pg_backend_pid()"))
            with sql.one_trip(session):
                ONE_MORE.ask(session, [{"key": key}])
                if len(runs) == 1:
                    with db.engine.connect() as other:
                        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
                ONE_MORE.must(session, [{"key": key}], "counter")

        sql.write(work)
        assert (value(key), len(runs)) == (2, 2)
    inside.close(app)
