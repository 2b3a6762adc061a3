"""The platform as a stranger runs it: started by its own command on a free port, stopped whatever happens."""

from __future__ import annotations

import fcntl
import json
import os
import random
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gevent import socket

from loadtest.replay.wire import HOST, Wire

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120.0
STOPS_WITHIN_S = 40.0
# Below the range the kernel takes for outgoing connections.
PORTS = range(20000, 32000)


class CannotPlay(Exception):
    """The platform cannot be started or commanded; the text says why."""


@dataclass
class House:
    """One data directory and the platform that runs on it."""

    data_dir: Path
    port: int = 0
    till_port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def state_file(self) -> Path:
        """What a replay remembers of itself: it makes the directory ours, too."""
        return self.data_dir / "replay.json"

    def clear(self) -> None:
        """Empty the directory. Raises CannotPlay when it holds something that no replay has made."""
        if self.data_dir.exists() and any(self.data_dir.iterdir()) and not self.state_file.exists():
            raise CannotPlay(f"{self.data_dir} is not empty and not from a replay: name another DATA_DIR")
        if in_use(self.data_dir / "run.lock"):
            raise CannotPlay(f"a platform is running on {self.data_dir}: stop it first")
        shutil.rmtree(self.data_dir, ignore_errors=True)
        self.data_dir.mkdir(parents=True, mode=0o700)
        self.remember({})

    def remember(self, state: dict[str, Any]) -> None:
        """Keep what a later check needs to know."""
        self.state_file.write_text(json.dumps(state, indent=1))

    def recall(self) -> dict[str, Any]:
        """What the replay kept. Raises CannotPlay when there is no finished one."""
        try:
            state: dict[str, Any] = json.loads(self.state_file.read_text())
        except (OSError, ValueError):
            state = {}
        if "settlement_id" not in state:
            raise CannotPlay(f"no finished replay in {self.data_dir}")
        return state

    @contextmanager
    def running(self) -> Iterator[None]:
        """The platform is up inside, and down afterwards in any case."""
        self.port = free_port()
        self.till_port = free_port(besides=self.port)
        log = self.data_dir / "platform.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=self._start_environment(),
                stdout=out,
                stderr=out,
                process_group=0,
            )
        try:
            self._wait_until_ready(log)
            yield
        finally:
            self._stop()

    def flask(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One of the platform's own commands, with the settings it runs on."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        environment = os.environ | self.settings()
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, check=False
        )

    def new_organizer(self) -> tuple[str, str]:
        """Login and password of a new organizer. Raises CannotPlay when the command fails."""
        login, password = f"replay-{secrets.token_hex(6)}", secrets.token_urlsafe(18)
        options = ("--role", "organizer", "--name", "回放", "--password-stdin")
        done = self.flask("user", "create", login, *options, stdin=f"{password}\n")
        if done.returncode != 0:
            raise CannotPlay(f"flask user create: {done.stdout}{done.stderr}")
        return login, password

    def settings(self) -> dict[str, str]:
        """The environment of the running platform, from the file it leaves for other commands."""
        lines = (self.data_dir / "env").read_text(encoding="utf-8").splitlines()
        return {
            name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)
        }

    def _command(self) -> list[str]:
        # The leash: should this process be killed, the platform stops as well.
        leash = [str(ROOT / "app" / "cli" / "leash.py"), str(os.getpid()), signal.SIGTERM.name]
        return [sys.executable, "-P", *leash, "module", "app.cli.up"]

    def _start_environment(self) -> dict[str, str]:
        ports = {"PORT": str(self.port), "TILL_PORT": str(self.till_port)}
        own = {"PROFILE": "demo", "DEMO_TOWN": "small", "DATA_DIR": str(self.data_dir)}
        return {**os.environ, **ports, **own, "SMS_SINK": f"file:{self.data_dir / 'sms.jsonl'}"}

    def _wait_until_ready(self, log: Path) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self.ready():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise CannotPlay(f"the platform did not become ready; {log} ends:\n{_tail(log)}")
            time.sleep(0.2)

    def ready(self) -> bool:
        """Whether /readyz says that nothing is missing."""
        wire = Wire(self.port, HOST)
        try:
            return wire.ask("GET", "/readyz", "", b"").status == 200
        except OSError:
            return False
        finally:
            wire.close()

    def _stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def in_use(lock: Path) -> bool:
    """Whether a running platform holds its lock on the directory."""
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def free_port(besides: int = 0) -> int:
    """A port nobody listens on, another than this one."""
    for port in random.sample([port for port in PORTS if port != besides], 50):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise CannotPlay(f"no free port in {PORTS}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
