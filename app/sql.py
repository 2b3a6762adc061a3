"""Transactions on both databases: short reads, serial writes, and what to do when one fails.

PostgreSQL: READ COMMITTED + constraints; SQLite: `app/sqlite.py`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar, cast

import psycopg
from flask import Flask, current_app, g, has_request_context
from sqlalchemy import Connection, CursorResult, Engine, event, func, select
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app import metrics, sqlite
from app.domain.refusals import Refusal, Refused
from app.extensions import NEVER_PLANNED, db
from app.set_wise import LostRace, SetWise, beside_indexes, one_trip
from app.sqlite_writers import Writers

__all__ = ["LostRace", "SetWise", "beside_indexes", "one_trip"]  # of whoever writes SQL, beside what is below
T = TypeVar("T")
TRIES = 4
PAUSE_S = 0.02  # before the second try at most; doubled before each further one
_RERUN = {"40001", "40P01"}  # serialization failure, deadlock
_LOCK_TIMEOUT = "55P03"
_ANY_PLAN = select(
    *[func.set_config(name, "on", True) for name in NEVER_PLANNED],
    func.set_config("statement_timeout", "0", True),
)


def init_app(app: Flask) -> None:
    """Attach the SQLite rules to this application's engine."""
    with app.app_context():
        app.extensions["reader"] = _reader_of(db.engine)
        app.extensions["writer"] = writer = db.engine.execution_options(**sqlite.WRITES)
        app.extensions["writers"] = Writers(writer) if writer.dialect.name == "sqlite" else None
        if db.engine.dialect.name == "sqlite":
            sqlite.prepare(db.engine)
        else:
            event.listen(db.engine, "connect", _hear_farewell)
            event.listen(db.engine, "checkout", _drop_if_lost)


def _reader_of(engine: Engine) -> Engine:
    """No transaction around what is read: a BEGIN and a ROLLBACK would be two more round trips."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**sqlite.EACH_BY_ITSELF)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def reading() -> Iterator[Session]:
    """A short read-only look at the committed state. Each statement sees what is committed when it starts."""
    with Session(current_app.extensions["reader"], expire_on_commit=False) as session:
        yield session


@contextmanager
def looking() -> Iterator[Connection]:
    """`reading` without a session of the ORM: for what every request asks."""
    with current_app.extensions["reader"].connect() as connection:
        yield connection


@contextmanager
def snapshot(*, of_much: bool = True) -> Iterator[Session]:
    """A read-only look at one moment, for what compares rows with one another.

    `of_much`: with most of the tables, as long as it takes (the audit); else planned and limited like every request.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine, expire_on_commit=False) as session:
        if of_much and engine.dialect.name == "postgresql":
            session.execute(_ANY_PLAN)
        yield session


def count_write() -> None:
    """The current request, if this is one, has to do with a write transaction, its own or a shared one."""
    if has_request_context():
        g.sql_writes = g.get("sql_writes", 0) + 1


@contextmanager
def writing() -> Iterator[Session]:
    """One write transaction: committed when the block ends, rolled back when it raises."""
    count_write()
    engine = current_app.extensions["writer"]
    with _turn(engine), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def write(work: Callable[[Session], T]) -> T:
    """Run `work` in a write transaction; deadlocks, serialization failures, lost connections and lost races run again.

    `work` must be safe to run again after a COMMIT whose reply was lost: it looks up its idempotency key first.
    Raises Refused(IN_PROGRESS) when a row stayed locked for 2 s, Refused(UNAVAILABLE) when SQL cannot be reached.
    """
    last: Exception | None = None
    for attempt in range(TRIES):
        try:
            return _transaction(work)
        except (DBAPIError, PoolTimeout, LostRace) as error:
            last = error
            _give_up_or_wait(error, attempt)
    raise Refused(Refusal.UNAVAILABLE) from last


def _transaction(work: Callable[[Session], T]) -> T:
    writers: Writers | None = current_app.extensions["writers"]
    if writers is not None:
        count_write()
        return writers.run(work)
    with writing() as session:
        return work(session)


def _give_up_or_wait(error: Exception, attempt: int) -> None:
    if sqlstate(error) == _LOCK_TIMEOUT:
        raise Refused(Refusal.IN_PROGRESS) from error
    if not _may_pass(error):
        raise error
    metrics.SQL_RERUNS.inc()
    time.sleep(random.uniform(0, PAUSE_S * 2**attempt))


def _may_pass(error: Exception) -> bool:
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return True
    lost = error.connection_invalidated or isinstance(error, OperationalError)
    return lost or sqlstate(error) in _RERUN


def is_poison(error: BaseException | None) -> bool:
    """True for an error that will come again however often the same transaction runs; a mistake of ours is one."""
    if isinstance(error, Refused):
        return error.refusal is Refusal.UNAVAILABLE and is_poison(error.__cause__)
    if isinstance(error, DBAPIError):
        lost = error.connection_invalidated
        return not lost and (isinstance(error, IntegrityError) or not _may_pass(error))
    return error is not None and not isinstance(error, PoolTimeout)


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's five-letter code of an error, None on SQLite."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _turn(engine: Engine) -> AbstractContextManager[None]:
    return sqlite.turn(str(engine.url.database)) if engine.dialect.name == "sqlite" else nullcontext()


def _hear_farewell(connection: Any, record: Any) -> None:
    """A database that stops says so to every idle connection before it closes it."""

    def hear(word: Any) -> None:
        if word.severity_nonlocalized == "FATAL":
            record.info["farewell"] = True

    connection.add_notice_handler(hear)


def _drop_if_lost(connection: Any, record: Any, _proxy: Any) -> None:
    """A restarted database leaves its farewell and an end of file in our socket: that is seen without a round trip.

    `notifies` makes the client library look at what has been read. The pool connects anew, and nobody gets an error.
    """
    try:
        connection.pgconn.consume_input()
        connection.pgconn.notifies()
        connection.pgconn.consume_input()
    except psycopg.Error as error:
        raise DisconnectionError from error
    if record.info.pop("farewell", False):
        raise DisconnectionError


def row_lock(session: Session, of: str) -> str:
    """The `FOR UPDATE OF …` that PostgreSQL needs; SQLite's write transaction already excludes every other."""
    return f" FOR UPDATE OF {of}" if session.get_bind().dialect.name == "postgresql" else ""


def changed_one(session: Session, statement: Any, values: dict[str, Any]) -> bool:
    """Run a conditional UPDATE; True when exactly one row met its condition: that is what a fence says."""
    return cast("CursorResult[Any]", session.execute(statement, values)).rowcount == 1
