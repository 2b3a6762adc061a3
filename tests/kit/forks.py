"""Processes that need not import everything again: forked from one that did, they run a module as `python -m` would.

A command or a worker of ours spends two seconds on imports and a tenth of one on its work. What the start command
starts is never forked from here: there each process is made as users get it.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from app.cli import leash

ROOT = Path(__file__).resolve().parents[2]
# Imported once, by the process that forks; none of it opens a connection or starts a thread when it is imported.
IMPORTED = [
    "app.factory",
    "app.web.worker",
    "gunicorn.app.wsgiapp",
    "workers.context",
    "workers.sweep",
    "valkey",  # the storage of limits imports it when an application is made
    "tests.kit.forks",
]

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(IMPORTED)


class Forked:
    """A process of ours that lives no longer than the tests do; the words are those of subprocess.Popen."""

    def __init__(self, env: Mapping[str, str], files: tuple[str, str, str], module: str, *words: str) -> None:
        self._process: ForkServerProcess = _forks.Process(
            target=_become, args=(dict(env), files, module, words)
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Wait until it has ended. Raises TimeoutError, and then it is killed."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            self._process.kill()
            raise TimeoutError(f"process {self.pid} has not ended within {timeout} s")
        return code


def module(env: Mapping[str, str], log: Path, name: str, *words: str) -> Forked:
    """Start `python -m name words…`; what it says goes to the end of the log."""
    return Forked(env, (os.devnull, str(log), str(log)), name, *words)


def flask(env: Mapping[str, str], *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `flask --app wsgi words…` to its end, with this text as its input."""
    with tempfile.TemporaryDirectory(prefix="ankang-flask-") as home:
        files = Path(home, "in"), Path(home, "out"), Path(home, "err")
        files[0].write_text(text or "", encoding="utf-8")
        asked = Forked(env, (str(files[0]), str(files[1]), str(files[2])), "flask", "--app", "wsgi", *words)
        code = asked.wait(60)
        said, complained = (path.read_text(encoding="utf-8") for path in files[1:])
        return subprocess.CompletedProcess(("flask", *words), code, said, complained)


def _become(env: Mapping[str, str], files: tuple[str, str, str], name: str, words: tuple[str, ...]) -> None:
    """In the new process: the environment, the streams, a session and a leash of its own; then run the module."""
    leash.tie(os.getppid(), signal.SIGKILL)
    leash.tie_every_fork(signal.SIGKILL)
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    modes = os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (path, mode) in enumerate(zip(files, modes, strict=True)):
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # multiprocessing had closed it
    os.chdir(ROOT)
    sys.argv = [name, *words]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
