"""Servers beside the platform: PostgreSQL, granian, the platform's web server with another application."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from loadtest import postgres
from loadtest.bench.beside import politely
from loadtest.bench.fire import HOST, NoNumber
from loadtest.replay.house import ROOT, free_port

BACKLOG = 2048
PROCESSES = 2
BUFFERS = "1GB"
LOG_FILES = 64  # a gigabyte, the server's own max_wal_size


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Return when somebody listens. Raises NoNumber after that time."""
    give_up_at = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        if time.monotonic() > give_up_at:
            raise NoNumber(f"nothing listens on port {port}")
        time.sleep(0.1)


class Postgres(postgres.Postgres):
    """A running cluster that nobody needs afterwards, set up as a platform's server is (docs/operations.md)."""

    def __init__(self) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="ankang-bench-pg-"))
        self._scratch.chmod(0o755)  # started by root, the server runs as somebody else
        settings = {"shared_buffers": BUFFERS, "min_wal_size": f"{LOG_FILES * 16}MB"}
        super().__init__(self._scratch / "cluster", most_connections=200, **settings)
        self.start()
        self._keep_log()

    def _keep_log(self) -> None:
        """As a server that has run for a while: its log has files to be written again.

        A new one is 16 MB of zeros and a flush, for which every COMMIT waits.
        """
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            for _ in range(LOG_FILES):
                connection.execute("SELECT pg_logical_emit_message(true, 'bench', '')")
                connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")

    @property
    def pid(self) -> int:
        """The postmaster: every backend is its child."""
        assert self.process is not None
        return self.process.pid

    def database(self, name: str) -> str:
        """A fresh database; returns its SQLAlchemy address."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.address(name).replace("postgresql:", "postgresql+psycopg:")

    def stop(self, within_s: float = 60.0) -> None:
        """Stop and forget; what a benchmark left to write may take a while."""
        super().stop(within_s)
        shutil.rmtree(self._scratch, ignore_errors=True)


class WebServer:
    """A web server with its processes, on a port of its own.

    `gives_way`: whether it does so to the tills', in a session of its own, as the platform's (ADR 31). Others share the
    session of the generator: a hello is a tenth cheaper so.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        env: Mapping[str, str],
        fds: Sequence[int] = (),
        *,
        gives_way: bool = False,
    ) -> None:
        self.port, self.gives_way = port, gives_way
        self._log = tempfile.NamedTemporaryFile("w+b", prefix="ankang-bench-")  # noqa: SIM115  # lives as long as it
        self._process = subprocess.Popen(
            politely(command, "short") if gives_way else command,
            cwd=ROOT,
            env={**os.environ, **env},
            pass_fds=fds,
            stdout=self._log,
            stderr=self._log,
            start_new_session=gives_way,
        )

    @property
    def roots(self) -> dict[str, int]:
        """For the meter."""
        return {"web": self._process.pid}

    def ready(self) -> WebServer:
        """Return when it listens and has had the time to start its processes."""
        wait_for_port(self.port)
        time.sleep(1.5)
        if self._process.poll() is not None:
            self._log.seek(0)
            raise NoNumber(f"a web server did not start: {self._log.read()[-800:].decode(errors='replace')}")
        return self

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()


def granian(application: str, env: Mapping[str, str] | None = None) -> WebServer:
    """granian, two processes with one thread each."""
    port = free_port()
    options = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", str(PROCESSES)]
    quiet = [
        "--blocking-threads",
        "1",
        "--backlog",
        str(BACKLOG),
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    command = [sys.executable, "-m", "granian", *options, *quiet, application]
    return WebServer(command, port, env or {}).ready()


def gunicorn(application: str, env: Mapping[str, str]) -> WebServer:
    """gunicorn's stock greenlet worker: what the naive claim would be deployed on."""
    port = free_port()
    flags = ["--no-control-socket", "--worker-class=gevent", f"--workers={PROCESSES}", "--keep-alive=20"]
    command = [sys.executable, "-m", "gunicorn", *flags, f"--bind={HOST}:{port}", application]
    return WebServer(command, port, env).ready()


def like_shipped(shipped: Sequence[str], application: str, env: Mapping[str, str]) -> WebServer:
    """The command line the start command used for its web server, word for word, with another application.

    Two words change besides: whose death it follows (the leash), and the number of the inherited socket.
    Raises NoNumber when that command line is not as expected.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((HOST, free_port()))
    listener.listen(BACKLOG)
    try:
        command = _rewritten(shipped, application, listener.fileno())
        port = listener.getsockname()[1]
        return WebServer(command, port, env, [listener.fileno()], gives_way=True).ready()
    finally:
        listener.close()


def _rewritten(shipped: Sequence[str], application: str, socket_number: int) -> list[str]:
    words = list(shipped)
    binds = [place for place, word in enumerate(words) if word.startswith("--bind=fd://")]
    leash = [place + 1 for place, word in enumerate(words) if word.endswith("leash.py")]
    if words[-1] != "wsgi:application" or len(binds) != 1 or len(leash) != 1:
        raise NoNumber(f"not the web server's command line we know: {' '.join(words)}")
    words[leash[0]] = str(os.getpid())
    words[binds[0]] = f"--bind=fd://{socket_number}"
    words[-1] = application
    return words


def step(words: Sequence[str], env: Mapping[str, str]) -> str:
    """Run Python for a moment; returns what went wrong, empty when nothing did."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""
