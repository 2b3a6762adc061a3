"""The test bench: shipped processes without the start command, on a database that is made anew in a moment.

The web server runs all the time; worker and scheduler are started where a test wants them. `keep` remembers all
rows, `without` makes a fresh database from them that lacks some fences: a copy, for each schema is built once.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

import sqlalchemy
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from app.cli.audit_checks import CHECKS
from app.extensions import Base
from app.models import __all__ as tables
from tests.kit import forks
from tests.kit.http import Door
from tests.kit.servers import Postgres, RedisServer, wait_for
from tests.kit.town import ROOT, Town
from tests.mutants.fences import EVERYTHING

WEB = (
    "--no-control-socket",
    "--preload",
    "--worker-class=app.web.worker.Worker",
    "--workers=2",
    "--timeout=30",
    "--graceful-timeout=3",
    "--keep-alive=20",
)


MUTATED = "tests.mutants.wsgi:application"
SHIPPED = "wsgi:application"


class Bench(Town):
    """A town whose processes are ours; without fences it is a mutant, with all of them the shipped platform."""

    def __init__(
        self, database: str, postgres: Postgres | None = None, serves: str = MUTATED, **env: str
    ) -> None:
        super().__init__(database, env)
        self._postgres = postgres
        self._serves = serves
        self._redis = RedisServer()
        self._processes: dict[str, forks.Forked] = {}
        self._kept: dict[str, Sequence[Any]] = {}
        self._models: dict[frozenset[str], str] = {}
        self._serial = 0
        for directory in ("data/logs", "mutants"):
            (self.home / directory).mkdir(parents=True)

    @cached_property
    def platform_env(self) -> dict[str, str]:
        """The environment of every process of this platform."""
        keys = {name: token_hex(32) for name in ("SECRET_KEY", "DATA_KEY", "INDEX_KEY")}
        return {
            **self.env,
            **keys,
            "ANKANG_KEYS": f"1:{token_hex(32)}",
            "DATABASE_URL": self._fresh_database(frozenset()),
            "REDIS_URL": self._redis.url,
            "SMS_SINK": f"file:{self.home}/data/sms.jsonl",
            "NOTICE_DIR": str(self.home / "data" / "notices"),
            "MUTANTS_DIR": str(self.home / "mutants"),
        }

    def start(self) -> Bench:
        """Redis, an empty database, the web server."""
        assert tables
        self._redis.start()
        self.without()
        self.run("web", "gunicorn", *WEB, f"--bind=127.0.0.1:{self.port}", self._serves)
        wait_for("the web server", self._is_ready, seconds=60)
        return self

    def keep(self) -> None:
        """Remember every row: what each fresh database will hold."""
        with self.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                if table.name == "outbox":  # its numbers are the database's
                    continue
                rows = connection.execute(table.select()).mappings()
                self._kept[table.name] = [dict(row) for row in rows]
        self._models.clear()

    def without(self, *names: str) -> Bench:
        """A fresh database with the kept rows and an empty Redis; from now on these fences are missing."""
        constraints = (EVERYTHING[name].constraint for name in names)
        self.engine.dispose()
        self._fresh_database(frozenset(filter(None, constraints)))
        self._redis.client().flushall()
        for name in ("inside", "go-on", "passed"):
            self.post_box(name).unlink(missing_ok=True)
        self._serial += 1
        draft = self.post_box("fences.new")
        draft.write_text("\n".join([str(self._serial), *names]))
        draft.rename(self.post_box("fences"))
        return self

    def post_box(self, name: str) -> Path:
        """A file by which the test and a mutated process speak to each other."""
        return self.home / "mutants" / name

    def run(self, name: str, module: str, *words: str) -> int:
        """Start one of our processes; it dies with us. Returns its id."""
        log = self.home / "data" / "logs" / f"{name}.log"
        self._processes[name] = forks.module(self.platform_env, log, module, *words)
        return self._processes[name].pid

    def end(self, *names: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End these processes, if they run, and wait until they are gone."""
        ending = [self._processes.pop(name) for name in names if name in self._processes]
        for process in ending:
            process.send_signal(how)
        for process in ending:
            process.wait(timeout=20)

    def stop(self) -> None:
        """End everything, Redis last."""
        self.end(*self._processes)
        self._redis.remove()

    def locks(self) -> list[str]:
        """The vouchers' locks that somebody holds."""
        return list(self._redis.client().scan_iter("lock:*"))

    def broken_promises(self) -> set[str]:
        """The numbers of the audit's promises that the rows break."""
        with self.engine.connect() as connection:
            return {
                check.number for check in CHECKS if connection.execute(sqlalchemy.text(check.query)).first()
            }

    def _fresh_database(self, missing: frozenset[str]) -> str:
        """What we serve from is replaced by a copy of the model without these constraints; returns its address."""
        if missing not in self._models:
            self._models[missing] = self._model(f"bench_{self.port}_{len(self._models)}", missing)
        if self._postgres is not None:
            return self._postgres.copy(self._models[missing], f"bench_{self.port}")
        path = self.home / "data" / "ankang.db"
        for file in path.parent.glob("ankang.db*"):
            file.unlink()
        shutil.copyfile(self._models[missing], path)
        return f"sqlite:///{path}"

    def _model(self, name: str, missing: Collection[str]) -> str:
        """A database of this schema with the kept rows, to copy from; returns what it is copied by."""
        path = self.home / f"{name}.db"
        path.unlink(missing_ok=True)
        model = sqlalchemy.create_engine(
            self._postgres.database(name) if self._postgres is not None else f"sqlite:///{path}"
        )
        schema = _schema_without(missing)
        with model.begin() as connection:
            if self._postgres is None:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("PRAGMA synchronous=OFF")
            schema.create_all(connection)
            _stamp(connection)
            for table in schema.sorted_tables:
                if kept := self._kept.get(table.name):
                    connection.execute(table.insert(), kept)
        model.dispose()
        return name if self._postgres is not None else str(path)

    def _is_ready(self) -> bool:
        assert self._processes["web"].poll() is None, f"the web server did not start:\n{self.log('web')}"
        try:
            return Door(self.url).get("/healthz").status == 200
        except OSError:
            return False


def _stamp(connection: Connection) -> None:
    """Say that the schema is the newest one: the shipped worker and scheduler start on no other."""
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


def _schema_without(constraints: Collection[str]) -> MetaData:
    """The models' tables, each constraint and index in place but these."""
    schema, left_out = MetaData(), set()
    for table in Base.metadata.sorted_tables:
        copy = table.to_metadata(schema)
        for parts in (copy.constraints, copy.indexes):
            for part in [part for part in parts if part.name in constraints]:
                parts.discard(part)
                left_out.add(str(part.name))
    assert left_out == set(constraints), f"no such constraint: {set(constraints) - left_out}"
    return schema
