"""wrk as a generator that knows what it sends: every request once, every answer counted, keep-alive connections."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SCRIPT = Path(__file__).with_name("fire.lua")
PATIENCE_S = 900


class NoNumber(Exception):
    """Something happened after which a round has no number; the text says what."""


@dataclass(frozen=True)
class Shots:
    """What to send: `count` requests from the line `first` of a file of tokens, or `count` equal ones without it."""

    method: str
    path: str
    count: int
    tokens: Path | None = None
    first: int = 0
    prefix: str = ""


@dataclass(frozen=True)
class Hits:
    """What came back: answers by HTTP status, requests a second, latency in µs (closed loop)."""

    statuses: dict[int, int]
    seconds: float
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int

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


def fire(port: int, shots: Shots, clients: int) -> Hits:
    """Send them over `clients` connections. Raises NoNumber unless every request got exactly one answer."""
    threads = min(2, clients)
    command = [wrk(), "-t", str(threads), "-c", str(clients), "-d", str(PATIENCE_S), "--timeout", "60s"]
    process = subprocess.Popen(
        [*command, "-s", str(SCRIPT), f"http://{HOST}:{port}{shots.path}"],
        env={**os.environ, **_environment(port, shots, threads)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
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


def _environment(port: int, shots: Shots, threads: int) -> dict[str, str]:
    words = {
        "FIRE_METHOD": shots.method,
        "FIRE_PATH": shots.path,
        "FIRE_HOST": f"{HOST}:{port}",
        "FIRE_FIRST": str(shots.first),
        "FIRE_COUNT": str(shots.count),
        "FIRE_THREADS": str(threads),
        "FIRE_PREFIX": shots.prefix,
    }
    return words | ({"FIRE_TOKENS": str(shots.tokens)} if shots.tokens else {})


def _result(process: subprocess.Popen[str], shots: Shots, threads: int) -> Hits:
    assert process.stdout is not None
    lines, finished = [], 0
    for line in process.stdout:
        lines.append(line)
        finished += line.startswith("thread done")
        if finished == threads and line.startswith("thread done"):
            process.send_signal(signal.SIGINT)  # wrk itself only knows durations
        if line.startswith("RESULT "):
            said = json.loads(line.removeprefix("RESULT "))
            lost = said.pop("lost")
            said["statuses"] = {int(status): times for status, times in said["statuses"].items()}
            hits = Hits(**said)
            if lost or hits.answers != shots.count:
                raise NoNumber(f"{shots.count} requests, {hits.answers} answers, {lost} errors: {hits}")
            return hits
    raise NoNumber("wrk ended without a result: " + "".join(lines[-5:]))
