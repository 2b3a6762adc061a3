"""The platform of the campaign: started by its own command, on a Redis and a database that may be killed."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent

from loadtest.crash.plan import Victim
from loadtest.crash.servers import Redis
from loadtest.postgres import Postgres
from loadtest.replay.house import CannotPlay, House

CHILD_WITHIN_S = 20.0


@dataclass
class CrashHouse(House):
    """One data directory with everything that runs on it. `state` is what a resumed campaign goes on from."""

    database: str = "sqlite"
    state: dict[str, Any] = field(default_factory=dict)
    redis: Redis = field(init=False)
    postgres: Postgres | None = None

    @property
    def state_file(self) -> Path:
        """Rounds that are done, people, servers: it makes the directory ours, too."""
        return self.data_dir / "crash.json"

    def take(self, seed: int) -> None:
        """Go on with the campaign in the directory, or begin one. Raises CannotPlay when another one is there."""
        ours = {"seed": seed, "database": self.database}
        if self.state_file.exists():
            self.state = json.loads(self.state_file.read_text())
            if self.state.items() >= ours.items():
                return
            raise CannotPlay(
                f"{self.data_dir} holds the campaign of another seed or database: name another DATA_DIR"
            )
        self.clear()
        self.state = {**ours, "rounds": [], "people": []}
        if self.database == "postgresql":
            # not below DATA_DIR: started by root, the server runs as somebody who may not enter there
            home = Path(tempfile.mkdtemp(prefix="ankang-crash-"))
            home.chmod(0o755)
            self.state["postgres"] = str(home / "cluster")
        self.save()

    def save(self) -> None:
        """Make the state last."""
        draft = self.state_file.with_suffix(".new")
        draft.write_text(json.dumps(self.state))
        draft.replace(self.state_file)

    @contextmanager
    def everything_running(self) -> Iterator[None]:
        """Redis, PostgreSQL and the platform are up inside, and down afterwards in any case."""
        self.redis = Redis(self.data_dir / "own-redis")
        try:
            self.redis.start()
            if self.database == "postgresql":
                self.postgres = Postgres(Path(self.state["postgres"]))
                self.postgres.start()
            with self.running():
                yield
        finally:
            self.redis.kill()
            if self.postgres is not None:
                self.postgres.stop()

    def servers_answer(self) -> bool:
        """Whether Redis answers PING and SQL a query."""
        return self.redis.answers() and (self.postgres is None or self.postgres.answers())

    def strike(self, victim: Victim, down_s: float, rng: random.Random) -> None:
        """Kill, and bring back whatever the platform's supervisor does not."""
        match victim:
            case Victim.REDIS | Victim.ROLLBACK:
                self.redis.kill()
                gevent.sleep(down_s)
                if victim is Victim.ROLLBACK:
                    self.redis.roll_back()
                self.redis.start()
            case Victim.DATABASE:
                assert self.postgres is not None
                self.postgres.kill()
                gevent.sleep(down_s)
                self.postgres.start()
            case Victim.WEB_MASTER:
                _kill([self._child("web")])
            case Victim.JOBS:
                _kill([self._child("worker")])
            case Victim.WEB_WORKERS | Victim.WEB_WORKER:
                workers = children_of(self._child("web"))
                _kill(workers if victim is Victim.WEB_WORKERS else [rng.choice(workers)] if workers else [])

    def _child(self, name: str) -> int:
        """The pid of a process of the platform; waits while the supervisor is bringing it back."""
        for _ in range(int(CHILD_WITHIN_S / 0.05)):
            with suppress(OSError, ValueError):
                pids = json.loads((self.data_dir / "run.json").read_text())["children"]
                if name in pids:
                    return int(pids[name])
            gevent.sleep(0.05)
        raise CannotPlay(f"{name} has not come back within {CHILD_WITHIN_S:.0f} s")

    def _start_environment(self) -> dict[str, str]:
        servers = {"REDIS_URL": self.redis.url, "QUEUE_REDIS_URL": "", "DATABASE_URL": ""}
        if self.postgres is not None:
            servers["DATABASE_URL"] = self.postgres.url
        return super()._start_environment() | servers


def children_of(pid: int) -> list[int]:
    """The processes a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found.append(int(stat.parent.name))
    return sorted(found)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
