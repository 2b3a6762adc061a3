"""Workers that stop where a test wants them to: the platform's own, frozen, and processes of the test's own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.kit.town import ROOT, Town


@contextmanager
def held(town: Town, program: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs this program on the town's data; `tell` it to go on, and it is `heard`."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=town.platform_env,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    ) as job:
        try:
            yield job
        finally:
            job.kill()


def tell(job: subprocess.Popen[str], word: str) -> None:
    """Let it go on."""
    assert job.stdin is not None
    job.stdin.write(f"{word}\n")
    job.stdin.flush()


def heard(job: subprocess.Popen[str]) -> str:
    """Its next word."""
    assert job.stdout is not None
    return job.stdout.readline().strip()


@contextmanager
def worker_frozen(town: Town) -> Iterator[None]:
    """The platform's own worker hears nothing for a while."""
    assert town.process is not None
    (worker,) = [
        process
        for process in psutil.Process(town.process.pid).children()
        if process.cmdline()[-2:] == ["workers.run", "worker"]
    ]
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)
