"""What must be true before the platform serves: each check says what is wrong and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.config import BadSettings
from app.extensions import db, gate_redis

# What gunicorn understands as "this will never boot": it ends instead of trying again for ever.
EXIT_CODE = 3


class NotReady(Exception):
    """One thing is wrong; the message says what to do."""


class Unreachable(NotReady):
    """Not wrong, only away: the platform serves what it can without it."""


def check_database() -> None:
    """SQL answers, and keeps what it acknowledged."""
    try:
        with db.engine.connect() as connection:
            _check_durability(connection)
    except SQLAlchemyError as error:
        raise Unreachable(f"DATABASE_URL: cannot be reached ({type(error).__name__})") from error


def _check_durability(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        if connection.scalar(text("PRAGMA synchronous")) < 2:
            raise NotReady("SQLite: PRAGMA synchronous must be FULL")
        return
    for name in ("fsync", "synchronous_commit"):
        if connection.scalar(text(f"SHOW {name}")) == "off":
            raise NotReady(f"PostgreSQL: {name} is off, acknowledged money could be lost; set {name} = on")


def check_schema() -> None:
    """The schema is the one this code was written for."""
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    try:
        with db.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise Unreachable(f"DATABASE_URL: cannot be reached ({type(error).__name__})") from error
    if present != script.get_current_head():
        raise NotReady(
            f"schema is at {present}, needed is {script.get_current_head()}: run `flask db upgrade`"
        )


def check_redis() -> None:
    """Redis answers, never evicts, and keeps an append-only file."""
    try:
        facts = gate_redis().info("everything")
    except redis.RedisError as error:
        raise Unreachable(f"REDIS_URL: cannot be reached ({type(error).__name__})") from error
    if facts["maxmemory_policy"] != "noeviction":
        raise NotReady(
            f"Redis: maxmemory-policy is {facts['maxmemory_policy']}, it would drop stock; set it to noeviction"
        )
    if not facts["aof_enabled"]:
        raise NotReady("Redis: no append-only file, a restart would forget everything; set appendonly yes")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "schema": check_schema,
    "redis": check_redis,
}


def refuse_to_start() -> None:
    """Raises NotReady for what is wrong; what is only away may come back while we serve."""
    for check in CHECKS.values():
        try:
            check()
        except Unreachable:
            continue


@contextmanager
def or_end() -> Iterator[None]:
    """Ends the process with one line that says what is wrong and what to do, where a traceback would hide it."""
    try:
        yield
    except (BadSettings, NotReady) as word:
        sys.stderr.write(f"CRITICAL 无法启动 / cannot start: {word}\n")
        raise SystemExit(EXIT_CODE) from None


def refuse_to_fork() -> None:
    """`refuse_to_start` for a process that forks: its children must not inherit the connections of this look."""
    try:
        refuse_to_start()
    finally:
        db.engine.dispose()
        gate_redis().connection_pool.disconnect()
