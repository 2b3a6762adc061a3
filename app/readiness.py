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

from app import redis_clients
from app.config import BadSettings
from app.extensions import db, gate, settings

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
    """Every master answers, never evicts, and keeps an append-only file; the queue is no cluster."""
    try:
        masters = gate().masters()
    except redis.RedisError as error:
        raise Unreachable(f"REDIS_URL: cannot be reached ({type(error).__name__})") from error
    for name, facts in masters.items():
        _check_promises(name, facts)
    if not redis_clients.is_cluster(settings().redis_url):
        _refuse_part_of_cluster("REDIS_URL", *masters.values())
    _check_queue()


def _check_promises(name: str, facts: dict[str, Any]) -> None:
    if facts["maxmemory_policy"] != "noeviction":
        raise NotReady(
            f"{name}: maxmemory-policy is {facts['maxmemory_policy']}, it would drop stock; set it to noeviction"
        )
    if not facts["aof_enabled"]:
        raise NotReady(f"{name}: no append-only file, a restart would forget everything; set appendonly yes")


def _check_queue() -> None:
    url = settings().queue_redis_url
    if url == settings().redis_url:
        return
    try:
        with redis_clients.server(url) as client:
            facts = client.info("cluster")
    except redis.RedisError:  # a bell that is away is rung later
        return
    _refuse_part_of_cluster("QUEUE_REDIS_URL", facts)


def _refuse_part_of_cluster(name: str, facts: dict[str, Any]) -> None:
    if facts.get("cluster_enabled"):
        mend = "name one server" if name.startswith("QUEUE") else "write redis+cluster://host:port,host:port"
        raise NotReady(f"{name}: this Redis is a node of a cluster; {mend}")


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
        gate().let_go()
