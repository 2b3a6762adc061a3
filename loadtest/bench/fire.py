"""wrk as a generator that knows what it sends: every request once, every answer counted, keep-alive connections."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loadtest.bench.beside import politely

HOST = "127.0.0.1"
SCRIPT = Path(__file__).with_name("fire.lua")
PATIENCE_S = 900
INTERRUPT_S = 0.05
# Words before a command that make it deaf to SIGINT until it says itself what it does then.
UNTIL_READY = ("/usr/bin/env", "--ignore-signal=INT")


class NoNumber(Exception):
    """Something happened after which a round has no number; the text says what."""


@dataclass(frozen=True)
class Shots:
    """What to send: `count` requests from the line `first` of a file of tokens, or `count` equal ones without it.

    Or, with `written`, of a file of whole requests, one a line, tabs for line ends: method and path then stand there.
    `keep` is a pattern of Lua: what it catches in an answer's body is kept.
    """

    method: str
    path: str
    count: int
    tokens: Path | None = None
    first: int = 0
    prefix: str = ""
    written: Path | None = None
    keep: str = ""


@dataclass(frozen=True)
class Hits:
    """What came back: answers by HTTP status, latency in µs (closed loop), and what was kept of the answers."""

    statuses: dict[int, int]
    seconds: float
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int
    kept: tuple[str, ...] = ()

    @property
    def answers(self) -> int:
        """All of them."""
        return sum(self.statuses.values())

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def wrk() -> str:
    """Where wrk is. Raises NoNumber with the remedy."""
    found = shutil.which("wrk")
    if found is None:
        raise NoNumber("wrk is missing: apt-get install wrk (Debian), or scripts/bring-servers as root")
    return found


def started(words: Sequence[str], env: Mapping[str, str], *, gives_way: bool) -> subprocess.Popen[str]:
    """wrk with these words and names; where the server it loads gives way (ADR 31), in a session that does so, too.

    In front of the server it would take the cores that its own answers need. Its turns are ordinary ones: short ones
    would hand over claims one by one, and groups would be small. It does not hear SIGINT before it is ready to.
    """
    command = [*UNTIL_READY, wrk(), *words]
    return subprocess.Popen(
        politely(command, "ordinary") if gives_way else command,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=gives_way,
    )


def fire(port: int, shots: Shots, clients: int, *, gives_way: bool = True) -> Hits:
    """Send them over `clients` connections. Raises NoNumber unless every request got exactly one answer.

    `gives_way`: whether the server on this port does.
    """
    threads = min(2, clients)
    with tempfile.TemporaryDirectory(prefix="ankang-bench-") as scratch:
        kept = Path(scratch) / "kept"
        hits = _fired(port, shots, clients, threads, kept, gives_way=gives_way)
        files = [kept.with_name(f"kept.{thread}") for thread in range(threads)] if shots.keep else []
        return replace(hits, kept=tuple(line for file in files for line in file.read_text().split()))


def _fired(port: int, shots: Shots, clients: int, threads: int, kept: Path, *, gives_way: bool) -> Hits:
    words = ["-t", str(threads), "-c", str(clients), "-d", str(PATIENCE_S), "--timeout", "60s"]
    process = started(
        [*words, "-s", str(SCRIPT), f"http://{HOST}:{port}{shots.path}"],
        _environment(port, shots, threads, kept),
        gives_way=gives_way,
    )
    timer = threading.Timer(PATIENCE_S / 3, process.kill)
    timer.start()
    try:
        return _result(process, shots, threads)
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
        process.communicate()


def _environment(port: int, shots: Shots, threads: int, kept: Path) -> dict[str, str]:
    words = {
        "FIRE_METHOD": shots.method,
        "FIRE_PATH": shots.path,
        "FIRE_HOST": f"{HOST}:{port}",
        "FIRE_FIRST": str(shots.first),
        "FIRE_COUNT": str(shots.count),
        "FIRE_THREADS": str(threads),
        "FIRE_PREFIX": shots.prefix,
    }
    files = {"FIRE_TOKENS": shots.tokens, "FIRE_WRITTEN": shots.written}
    words |= {name: str(file) for name, file in files.items() if file}
    return words | ({"FIRE_KEEP": shots.keep, "FIRE_KEPT": str(kept)} if shots.keep else {})


def _result(process: subprocess.Popen[str], shots: Shots, threads: int) -> Hits:
    assert process.stdout is not None
    lines, finished = [], 0
    for line in process.stdout:
        lines.append(line)
        finished += line.startswith("thread done")
        if finished == threads and line.startswith("thread done"):
            threading.Thread(target=_interrupt, args=(process,), daemon=True).start()
        if line.startswith("RESULT "):
            said = json.loads(line.removeprefix("RESULT "))
            lost = said.pop("lost")
            said["statuses"] = {int(status): times for status, times in said["statuses"].items()}
            hits = Hits(**said)
            if lost or hits.answers != shots.count:
                raise NoNumber(f"{shots.count} requests, {hits.answers} answers, {lost} errors: {hits}")
            return hits
    raise NoNumber("wrk ended without a result: " + "".join(lines[-5:]))


def _interrupt(process: subprocess.Popen[str]) -> None:
    """wrk itself only knows durations, and forgets an interruption that comes just before it begins to wait for one."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(INTERRUPT_S)
