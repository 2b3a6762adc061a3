"""Every process refuses to start on what would lose or oversell, with a clear word; real servers, real processes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app import readiness
from tests.kit import forks, inside
from tests.kit.servers import Postgres, RedisServer, free_port, wait_for

pytestmark = pytest.mark.timeout(300)  # ten processes start at the same time
ZEROS = "0" * 64
# What is wrong, and the word that says so.
WRONG = {
    "evicting redis": "cannot start: Redis: maxmemory-policy is allkeys-lru, it would drop stock; set it to noeviction",
    "forgetful redis": "cannot start: Redis: no append-only file, a restart would forget everything; set",
    "node of a cluster": r"cannot start: REDIS_URL: this Redis is a node of a cluster; write redis\+cluster://host:port",
    "queue on a cluster": "cannot start: QUEUE_REDIS_URL: this Redis is a node of a cluster; name one server",
    "unmigrated schema": "cannot start: schema is at None, needed is .*: run `flask db upgrade`",
    "default secret": "cannot start: SECRET_KEY: a default key protects nobody; make one with",
    "moved clock": "cannot start: CLOCK_OFFSET_FILE: only the test profile may move the clock; unset it",
    "hasty postgresql": "cannot start: PostgreSQL: synchronous_commit is off, acknowledged money could be lost",
    "forgetful postgresql": "cannot start: PostgreSQL: fsync is off, acknowledged money could be lost",
    "worker": "cannot start: Redis: maxmemory-policy is allkeys-lru",
    "scheduler": "cannot start: Redis: maxmemory-policy is allkeys-lru",
}


@dataclass(frozen=True)
class Refusal:
    """How a process ended that was not to start."""

    code: int
    said: str


@contextmanager
def redis_server(*flags: str) -> Iterator[RedisServer]:
    """A Redis for a while."""
    server = RedisServer(*flags)
    try:
        yield server.start()
    finally:
        server.remove()


def change(address: str, *statements: str) -> None:
    """Administer PostgreSQL."""
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def without_fsync(address: str) -> Iterator[None]:
    """The whole PostgreSQL server for a while as nobody should run it."""

    def is_now(fsync: str) -> bool:
        with psycopg.connect(address.replace("+psycopg", "")) as connection:
            return connection.execute("SHOW fsync").fetchone() == (fsync,)

    change(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    wait_for("fsync off", lambda: is_now("off"))
    try:
        yield
    finally:
        change(address, "ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()")
        wait_for("fsync on", lambda: is_now("on"))


class Started:
    """A process with this environment and no other, and what it said."""

    def __init__(self, log: Path, env: dict[str, str], *words: str) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.log = log
        self.process = forks.module({**keep, **env}, log, *words)

    def ended(self) -> Refusal:
        """How it ended by itself; one that goes on serving is the failure this file is about."""
        try:
            code = self.process.wait(120)
        except TimeoutError:
            return Refusal(0, f"it serves\n{self.log.read_text()}")
        return Refusal(code, self.log.read_text())


def web_server(log: Path, env: dict[str, str]) -> Started:
    """The web server as the start command runs it, on any free port."""
    options = ["--no-control-socket", "--preload", "--worker-class=app.web.worker.Worker", "--workers=1"]
    return Started(log, env, "gunicorn", *options, "--bind=127.0.0.1:0", "wsgi:application")


@pytest.fixture(scope="module")
def refusals(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Refusal]:
    """Every wrong environment, tried at the same time."""
    home = tmp_path_factory.mktemp("refusals")
    good = inside.environment(f"sqlite:///{home}/good.db")
    hasty, forgetful = postgres.database("hasty"), postgres.database("forgetful")
    for address in (good["DATABASE_URL"], hasty, forgetful):
        inside.close(inside.migrated(good | {"DATABASE_URL": address}))
    change(hasty, "ALTER DATABASE hasty SET synchronous_commit = off")
    with (
        redis_server() as sound,
        redis_server("--appendonly", "yes", "--maxmemory-policy", "allkeys-lru") as evicting,
        redis_server("--appendonly", "no", "--maxmemory-policy", "noeviction") as unwritten,
        # its bus would listen ten thousand ports higher, where outgoing connections are
        redis_server(
            "--appendonly", "yes", "--cluster-enabled", "yes", "--cluster-port", str(free_port())
        ) as node,
    ):
        wrong = {
            "evicting redis": {"REDIS_URL": evicting.url},
            "forgetful redis": {"REDIS_URL": unwritten.url},
            "node of a cluster": {"REDIS_URL": node.url},
            "queue on a cluster": {"QUEUE_REDIS_URL": node.url},
            "unmigrated schema": {"DATABASE_URL": f"sqlite:///{home}/empty.db"},
            "default secret": {"SECRET_KEY": ZEROS, "PROFILE": "production"},
            "moved clock": {"CLOCK_OFFSET_FILE": str(home / "offset"), "PROFILE": "production"},
            "hasty postgresql": {"DATABASE_URL": hasty},
        }
        started = {
            name: web_server(home / f"{name}.log", good | {"REDIS_URL": sound.url} | env)
            for name, env in wrong.items()
        }
        for role in ("worker", "scheduler"):
            unsafe = good | {"REDIS_URL": evicting.url}
            started[role] = Started(home / f"{role}.log", unsafe, "workers.run", role)
        seen = {name: each.ended() for name, each in started.items()}
        with without_fsync(forgetful):
            env = good | {"REDIS_URL": sound.url, "DATABASE_URL": forgetful}
            alone = web_server(home / "forgetful postgresql.log", env)
            return seen | {"forgetful postgresql": alone.ended()}


@pytest.mark.parametrize("what", WRONG)
def test_it_refuses_to_start(what: str, refusals: dict[str, Refusal]):
    """It ends by itself with 3, and one line says what is wrong and what to do; no traceback hides it."""
    assert refusals[what].code == 3, refusals[what].said
    assert "Traceback" not in refusals[what].said
    assert re.search(WRONG[what], refusals[what].said), refusals[what].said


def test_what_is_only_away_does_not_keep_it_from_starting(scratch: Flask):
    """Redis may come back while we serve; until then /readyz names it and nothing else."""
    with scratch.app_context():
        readiness.refuse_to_start()
    reply = scratch.test_client().get("/readyz")
    assert reply.status_code == 503
    assert reply.json == {
        "status": "not ready",
        "checks": {
            "database": "ok",
            "schema": "ok",
            "redis": "REDIS_URL: cannot be reached (ConnectionError)",
        },
    }


def test_readyz_watches_the_settings_of_redis_while_it_serves(tmp_path: Path):
    """Somebody who makes Redis evict at noon is found out at noon."""
    with redis_server() as server:
        app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/watch.db", server.url))
        client = app.test_client()
        assert client.get("/readyz").status_code == 200
        server.client().config_set("maxmemory-policy", "allkeys-lru")
        reply = client.get("/readyz")
        assert reply.status_code == 503 and "set it to noeviction" in reply.get_json()["checks"]["redis"]
        inside.close(app)


def test_alive_is_not_ready(scratch: Flask):
    """/healthz speaks for the process alone: a missing Redis must not get it killed."""
    assert scratch.test_client().get("/healthz").json == {"status": "ok"}
