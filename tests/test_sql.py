"""Transactions: writers lose nothing to one another, and what can pass by itself is run again; on both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app import sql
from app.domain.refusals import Refusal, Refused
from app.extensions import db
from tests.kit import inside
from tests.kit.counting import READ, add_one, counter, value
from tests.kit.servers import Postgres, free_port, wait_for
from tests.kit.statements import set_wise
from tests.kit.together import all_at_once

PROCESSES, TIMES = 4, 200
ONE_MORE = sql.SetWise(
    "UPDATE counter SET used = used + 1 FROM {items} WHERE kind = 'counting' AND scope_id = item.key",
    key="text",
)
WRONG = sql.SetWise("SELECT * FROM no_such_table JOIN {items} ON true", key="text")
# A column of another table, or of the items (`unfolded`): not a value that stands in the statement.
BY_ANOTHER = re.compile(r"\b[a-z_]+\.[a-z_]+")
RAISE = text("UPDATE counter SET used = used + 1 WHERE kind = 'counting' AND scope_id = :key")


@pytest.fixture
def there(scratch: Flask) -> Iterator[Flask]:
    """Inside the application."""
    with scratch.app_context():
        yield scratch


@pytest.fixture(scope="module")
def on_postgres(postgres: Postgres) -> Iterator[Flask]:
    """What SQLite's one writer at a time cannot run into."""
    app = inside.migrated(inside.environment(postgres.database("sql")))
    yield app
    inside.close(app)


def test_the_first_read_after_a_database_restart_gets_its_answer(on_postgres: Flask):
    """Every pooled connection is dead, and nobody hears of it: the pool looks into the socket before lending it."""
    with on_postgres.app_context():
        address = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with sql.reading(), sql.reading(), sql.reading() as session:
            session.execute(text("SELECT 1"))
        with psycopg.connect(address, autocommit=True) as outside:
            outside.execute(f"SELECT pg_terminate_backend(pid) {others}".encode())
            wait_for("the end", lambda: outside.execute(f"SELECT 1 {others}".encode()).fetchone() is None)
        for _ in range(3):
            with sql.reading() as session:
                assert session.scalar(text("SELECT 1")) == 1


class Work:
    """Adds one; before that, something goes wrong the first `times`."""

    def __init__(self, key: str, wrong: Exception, times: int = 1) -> None:
        self.key, self.wrong, self.times, self.runs = key, wrong, times, 0

    def __call__(self, session: Session) -> None:
        self.runs += 1
        add_one(session, self.key)
        if self.runs <= self.times:
            raise self.wrong


def test_nobody_sees_what_is_not_committed(there: Flask):
    """A reader beside an open write sees the state before it."""
    key = counter()
    with sql.writing() as session:
        add_one(session, key)
        assert value(key) == 0
    assert value(key) == 1


@pytest.mark.parametrize(
    "wrong", [sql.LostRace("voucher"), IntegrityError("INSERT", {}, Exception("a twin"))]
)
def test_a_lost_race_is_run_again_and_has_one_effect(there: Flask, wrong: Exception):
    """The first run is rolled back, the second decides anew."""
    work = Work(counter(), wrong)
    sql.write(work)
    assert (work.runs, value(work.key)) == (2, 1)


def test_who_loses_every_race_is_asked_to_come_back(there: Flask):
    """Four runs, no effect, `unavailable`: the same key may succeed later."""
    work = Work(counter(), sql.LostRace("voucher"), times=99)
    with pytest.raises(Refused) as refused:
        sql.write(work)
    assert refused.value.refusal is Refusal.UNAVAILABLE and refused.value.refusal.retryable
    assert (work.runs, value(work.key)) == (sql.TRIES, 0)


@pytest.mark.parametrize("wrong", [Refused(Refusal.SOLD_OUT), RuntimeError("a mistake of ours")])
def test_a_refusal_or_a_mistake_is_not_run_again(there: Flask, wrong: Exception):
    """It is rolled back and told at once."""
    work = Work(counter(), wrong)
    with pytest.raises(type(wrong)):
        sql.write(work)
    assert (work.runs, value(work.key)) == (1, 0)


def test_a_database_that_is_away_is_a_refusal_that_may_be_repeated():
    """Not an error page: 503 `unavailable`, same key later."""
    app = inside.build(inside.environment(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nowhere"))
    with app.app_context(), pytest.raises(Refused) as refused:
        sql.write(lambda session: session.execute(text("SELECT 1")))
    assert refused.value.refusal is Refusal.UNAVAILABLE


@pytest.mark.race
def test_a_deadlock_is_run_again_until_both_have_their_effect(on_postgres: Flask):
    """Two writers take two rows crosswise: PostgreSQL ends one of them, and it starts anew."""
    with on_postgres.app_context():
        keys = [counter(), counter()]
    met, runs = threading.Barrier(2), []

    def crosswise(first: str, second: str) -> None:
        def work(session: Session) -> None:
            runs.append(first)
            session.execute(RAISE, {"key": first})
            if len(runs) <= 2:
                met.wait()
            session.execute(RAISE, {"key": second})

        with on_postgres.app_context():
            sql.write(work)

    all_at_once([lambda: crosswise(*keys), lambda: crosswise(*reversed(keys))])
    with on_postgres.app_context():
        assert [value(key) for key in keys] == [2, 2]
    assert len(runs) == 3


@pytest.mark.race
def test_a_serialization_failure_is_run_again(on_postgres: Flask):
    """Somebody else changed the row after the snapshot: the whole transaction starts anew, on a new snapshot."""
    with on_postgres.app_context():
        key, runs = counter(), []

        def work(session: Session) -> None:
            runs.append(key)
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            session.scalar(READ, {"key": key})
            if len(runs) == 1:
                sql.write(lambda other: add_one(other, key))
            add_one(session, key)

        sql.write(work)
        assert (value(key), len(runs)) == (2, 2)


def test_a_killed_connection_is_run_again_on_a_fresh_one(on_postgres: Flask):
    """The backend is terminated before COMMIT: nothing of the first run stays."""
    with on_postgres.app_context():
        key, runs = counter(), []

        def work(session: Session) -> None:
            runs.append(key)
            add_one(session, key)
            backend = session.scalar(text("SELECT pg_backend_pid()"))
            if len(runs) == 1:
                with db.engine.connect() as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})

        sql.write(work)
        assert (value(key), len(runs)) == (1, 2)


def test_a_set_wise_statement_on_a_killed_connection_is_run_again_too(on_postgres: Flask):
    """It goes by the driver's cursor: a loss is told as of any other, the pool too."""
    with on_postgres.app_context():
        key, runs = counter(), []

        def work(session: Session) -> int:
            runs.append(key)
            if len(runs) == 1:
                backend = session.scalar(text("SELECT pg_backend_pid()"))
                with db.engine.connect() as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
            return ONE_MORE.run(session, [{"key": key}]).rowcount

        assert sql.write(work) == 1
        assert (value(key), len(runs)) == (1, 2)


def test_a_set_wise_statement_that_fails_keeps_its_values_to_itself(there: Flask):
    """Its error is SQLAlchemy's, names the statement, and nothing of a person."""
    with sql.writing() as session, pytest.raises(DBAPIError) as failed:
        WRONG.run(session, [{"key": "110101199001011237"}])
    assert "no_such_table" in str(failed.value) and "110101199001011237" not in str(failed.value)


def test_a_row_that_stays_locked_is_in_progress(on_postgres: Flask):
    """After two seconds the client is told to repeat; nobody waits for ever."""
    with on_postgres.app_context():
        key = counter()
        with sql.writing() as session:
            add_one(session, key)
            with pytest.raises(Refused) as refused:
                sql.write(lambda other: add_one(other, key))
        assert refused.value.refusal is Refusal.IN_PROGRESS
        assert value(key) == 1


def test_a_wrong_statement_is_our_mistake_and_told_at_once(on_postgres: Flask):
    """Running it again would not mend it."""
    runs = []

    def work(session: Session) -> None:
        runs.append(1)
        session.execute(text("SELECT no_such_column FROM batch"))

    with on_postgres.app_context(), pytest.raises(ProgrammingError):
        sql.write(work)
    assert len(runs) == 1


@pytest.mark.parametrize("name", set_wise())
def test_a_plan_made_before_there_were_rows_finds_them_by_their_keys(name: str, on_postgres: Flask):
    """A prepared statement keeps the plan it got on the morning of the opening: no table, and no index, may be read
    through in it; what an index is asked for comes from the items, or from rows that they led to."""
    asked = set_wise()[name]
    arrays = [*asked.columns, "nth"]
    numbered = asked.on("postgresql") % {name: f"${n}" for n, name in enumerate(arrays, 1)}
    unknown = ", ".join(["NULL"] * len(arrays))
    with on_postgres.app_context(), sql.writing() as session:  # in a transaction: SET LOCAL lasts no longer
        run = session.connection().exec_driver_sql
        run("SET LOCAL plan_cache_mode = force_generic_plan")
        run(f"PREPARE for_good AS {numbered}")
        (plan,) = run(f"EXPLAIN (FORMAT JSON) EXECUTE for_good ({unknown})").scalar_one()
        run("DEALLOCATE for_good")
    steps = list(steps_of(plan["Plan"]))
    assert {step["Plan Rows"] for step in steps if step["Node Type"] == "ProjectSet"} == {10}, (
        "not one for good"
    )
    assert not [step for step in steps if re.search(r"Seq Scan|Hash|Merge|Materialize", step["Node Type"])], (
        plan
    )
    looks = [step for step in steps if re.fullmatch(r"(Bitmap )?Index (Only )?Scan", step["Node Type"])]
    assert all(BY_ANOTHER.search(step.get("Index Cond", "")) for step in looks), plan


def steps_of(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A step of a plan, and all below it."""
    yield step
    for below in step.get("Plans", []):
        yield from steps_of(below)


def test_an_audit_may_read_tables_through(on_postgres: Flask):
    """What compares all rows with one another is planned freely; the next borrower of the connection is not."""
    shown = text("SHOW enable_seqscan")
    with on_postgres.app_context():
        with sql.snapshot() as session:
            assert session.scalar(shown) == "on"
        with sql.writing() as session:
            assert session.scalar(shown) == "off"
