"""A running platform, started by the start command itself, with a clock that tests can move."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
import sqlalchemy

from app import queue, redis_clients
from tests.kit import forks, servers
from tests.kit.http import Door

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-test-password"
# What the surrounding shell may have set must not reach the platform under test.
OURS = (
    "PROFILE",
    "DATABASE_URL",
    "REDIS_URL",
    "QUEUE_REDIS_URL",
    "SECRET_KEY",
    "DATA_KEY",
    "INDEX_KEY",
    "ANKANG_KEYS",
)


class Town:
    """One platform: its processes, its data, its clock. `database` is "sqlite" or "postgresql"."""

    def __init__(self, database: str, env: Mapping[str, str] | None = None) -> None:
        self.database = database
        self.home = Path(tempfile.mkdtemp(prefix="ankang-town-", dir=servers.HOMES))
        self.port = servers.free_port()
        self.extra = dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None
        (self.home / "offset").write_text("0")

    @property
    def url(self) -> str:
        """The platform's address."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def env(self) -> dict[str, str]:
        """The environment of every command that belongs to this platform."""
        keep = {name: value for name, value in os.environ.items() if name not in OURS}
        ours = {
            "PROFILE": "test",
            "PORT": str(self.port),
            "TILL_PORT": "0",
            "DATA_DIR": str(self.home / "data"),
            "CLOCK_OFFSET_FILE": str(self.home / "offset"),
            "LEASE_SECONDS": "2",
        }
        return {**keep, **ours, **self.extra}

    def start(self) -> Town:
        """Start everything and wait until it is ready."""
        command = [sys.executable, "-m", "app.cli.up"]
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        servers.wait_for("the platform", self._is_ready, seconds=60)
        return self

    def stop(self) -> None:
        """Stop everything in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=40)

    def remove(self) -> None:
        """Stop and forget."""
        self.stop()
        self.engine.dispose()
        shutil.rmtree(self.home, ignore_errors=True)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the platform did not start:\n{self.log('up')}"
        try:
            return Door(self.url).get("/readyz").status == 200
        except OSError:
            return False

    def pid(self, name: str) -> int:
        """The process of a child of the start command; 0 while there is none."""
        state = json.loads((self.home / "data" / "run.json").read_text())
        return int(state["children"].get(name, 0))

    def log(self, name: str) -> str:
        """What a process logged: web, worker, scheduler, redis; `up` is the start command itself."""
        path = self.home / "up.log" if name == "up" else self.home / "data" / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def requests_logged(self) -> list[dict[str, Any]]:
        """The web processes' request lines."""
        lines = [line for line in _whole_lines(self.log("web")) if '"event":"request"' in line]
        return [json.loads(line[line.index("{") :]) for line in lines]

    def sms_code(self, phone: str) -> str:
        """The one-time code in the last message to this phone. Raises IndexError where none was sent."""
        lines = _whole_lines((self.home / "data" / "sms.jsonl").read_text(errors="replace"))
        return str([json.loads(line) for line in lines if phone in line][-1]["code"])

    @cached_property
    def platform_env(self) -> dict[str, str]:
        """The environment the start command handed to its processes (written to `env` in the data directory)."""
        lines = (self.home / "data" / "env").read_text().splitlines()
        pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
        return {**self.env, **{name: value.strip("'\"") for name, _, value in pairs}}

    def flask(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `flask --app wsgi …` on this platform's data."""
        return forks.flask(self.platform_env, *words, text=text)

    def audit(self) -> None:
        """Fail with the broken promises, if there are any."""
        late = self.now() - 60_000
        servers.wait_for(
            "the relay", lambda: not self.rows("SELECT 1 FROM outbox WHERE at <= :late", late=late)
        )
        done = self.flask("audit")
        assert done.returncode == 0, done.stdout + done.stderr

    @cached_property
    def engine(self) -> sqlalchemy.Engine:
        """The platform's database, for looking at rows behind its back."""
        return sqlalchemy.create_engine(self.platform_env["DATABASE_URL"])

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a query on the committed state."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sqlalchemy.text(query), values).mappings()]

    def one(self, query: str, **values: Any) -> Any:
        """The single value of a query."""
        (row,) = self.rows(query, **values)
        (value,) = row.values()
        return value

    def execute(self, statement: str, **values: Any) -> None:
        """Change something behind the platform's back."""
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement), values)

    def redis(self) -> redis.Redis:
        """A client of the gate's Redis; close it after use."""
        return redis_clients.Gate(self.platform_env["REDIS_URL"]).client()

    def ring(self, job: str) -> None:
        """Have the worker do now what the schedule would ring for sooner or later."""
        env = self.platform_env
        with redis.Redis.from_url(env.get("QUEUE_REDIS_URL") or env["REDIS_URL"]) as connection:
            queue.queue_on(connection).enqueue(job)

    @property
    def offset_ms(self) -> int:
        """By how much the clock was moved."""
        return int((self.home / "offset").read_text())

    def advance(self, ms: int) -> None:
        """Move the platform's clock forward, for every process at once."""
        fresh = self.home / "offset.new"
        fresh.write_text(str(self.offset_ms + ms))
        fresh.rename(self.home / "offset")

    def now(self) -> int:
        """The platform's time in epoch ms."""
        served = Door(self.url).get("/api/v1/campaigns").body["server_time"]
        return round(datetime.fromisoformat(served).timestamp() * 1000)


def _whole_lines(text: str) -> list[str]:
    """Without one that its writer is just writing: a reader may see a part of a write."""
    return text.rpartition("\n")[0].splitlines()
