"""A town of its own per database lives its small history and stops; what remains is a copy without any fence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from app import sql
from app.cli.audit import findings
from tests.audit.history import live
from tests.conftest import DATABASES
from tests.kit import inside
from tests.kit.servers import Postgres, RedisServer
from tests.kit.town import Town

FENCES = text(
    "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname FROM pg_constraint"
    " WHERE contype IN ('c', 'f', 'u') AND connamespace = 'public'::regnamespace"
    " UNION ALL SELECT 'DROP INDEX ' || indexrelid::regclass FROM pg_index WHERE indisunique AND indpred IS NOT NULL"
    " AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    " UNION ALL SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
)
SQLITE_FENCES = text(
    "SELECT 'DROP ' || type || ' ' || name FROM sqlite_master WHERE type = 'trigger'"
    " OR (type = 'index' AND sql LIKE 'CREATE UNIQUE INDEX%WHERE%')"
)


@dataclass(frozen=True)
class Books:
    """The history's database and Redis, and the copy of the database that nothing protects."""

    town: Town
    names: dict[str, str]
    app: Flask
    bare: Engine
    redis: RedisServer

    def broken(self, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """What the audit finds on this connection, planted breaches included: each promise and its rows."""

        @contextmanager
        def looking() -> Iterator[Session]:
            with Session(bind=connection) as session:
                yield session

        monkeypatch.setattr(sql, "snapshot", looking)
        with self.app.app_context():
            return {f"{number} {promise}": str(rows) for number, promise, rows in findings() if rows}


@pytest.fixture(scope="session", params=DATABASES)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """Lived through once per database; every breach is planted in a transaction and rolled back."""
    redis = RedisServer().start()
    env = {"REDIS_URL": redis.url, "WEB_WORKERS": "1"}
    server: Postgres | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        env["DATABASE_URL"] = server.database("audited")
    town = Town(request.param, env)
    try:
        names = live(town.start())
        town.stop()
        town.engine.dispose()
        bare = _copy(town, server)
        _take_down_fences(bare)
        _roll_back_sums(bare)
        app = inside.build({**town.platform_env, "LOG_LEVEL": "WARNING"})
        yield Books(town, names, app, bare, redis)
        inside.close(app)
        bare.dispose()
    finally:
        town.remove()
        redis.remove()


def _roll_back_sums(engine: Engine) -> None:
    """As if nothing was rolled up yet: a breach in rows is then found by its own promise alone."""
    with engine.begin() as connection:
        for table in ("batch_hour", "posting_sum", "posting_span", "posting_fold"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE row_fold SET up_to = 0"))


def _copy(town: Town, server: Postgres | None) -> Engine:
    """Another database with the same content."""
    if server is not None:
        return sqlalchemy.create_engine(server.copy("audited", "bare"))
    path = town.home / "bare.db"
    with sqlite3.connect(town.home / "data" / "ankang.db") as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _lawless)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _lawless(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")


def _take_down_fences(engine: Engine) -> None:
    fences = FENCES if engine.dialect.name == "postgresql" else SQLITE_FENCES
    with engine.begin() as connection:
        for statement in connection.scalars(fences).all():
            connection.execute(text(statement))
