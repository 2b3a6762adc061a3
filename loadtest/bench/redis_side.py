"""Redis by itself: how many commands a claim sends, how many bytes it keeps, what its script costs alone."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import redis

from loadtest.bench.cpu import Meter
from loadtest.bench.fire import HOST, NoNumber
from loadtest.bench.platform import Platform, Release
from loadtest.bench.ratios import Cost
from loadtest.bench.servers import wait_for_port
from loadtest.replay.house import ROOT, free_port

PIPELINE = 16
NOT_OURS = ("rq:", "bench-done")


class Listener:
    """Everything clients send to Redis while it listens; what runs inside scripts is not counted."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self.commands: list[str] = []

    def during(self, act: Callable[[], Any]) -> list[str]:
        """The commands sent while `act` runs, RQ's own left out."""
        with self._client.monitor() as monitor:
            thread = threading.Thread(target=self._listen, args=[monitor], daemon=True)
            thread.start()
            try:
                act()
            finally:
                self._client.echo("bench-done")
                thread.join(60)
        return [command for command in self.commands if not any(word in command for word in NOT_OURS)]

    def _listen(self, monitor: Any) -> None:
        while True:
            heard = monitor.next_command()
            if heard["client_type"] != "lua":
                self.commands.append(heard["command"])
            if "bench-done" in heard["command"]:
                return


def client(platform: Platform) -> redis.Redis:
    """The platform's Redis."""
    return redis.Redis.from_url(platform.settings()["REDIS_URL"])


def bytes_of(platform: Platform, release: Release) -> int:
    """What Redis keeps about a batch."""
    gate = client(platform)
    keys = list(gate.scan_iter(f"*{release.batch_id}*", count=1000))
    return sum(cast("int", gate.memory_usage(key, samples=0)) or 0 for key in keys)


class Alone:
    """The claim script in a Redis of its own, called the way the platform was heard calling it."""

    def __init__(self, platform: Platform, release: Release, heard: Sequence[str], key: str) -> None:
        """`key` is the Idempotency-Key of the claim whose call was heard."""
        call = next((line for line in heard if line.upper().startswith("EVALSHA") and key in line), None)
        if call is None:
            raise NoNumber("no script call was heard for the claim")
        citizens = re.findall(r"ctz_[0-9a-z]{26}", call)
        self._call, self._words = call.split(" "), [key, *citizens[:1]]
        source = _source_of(self._call[1])
        program = Path(f"/proc/{platform.roots['redis']}/exe").resolve()
        self._home = tempfile.TemporaryDirectory(prefix="ankang-bench-redis-")
        port = free_port()
        options = [
            "--port",
            str(port),
            "--bind",
            HOST,
            "--dir",
            self._home.name,
            "--save",
            "",
            "--appendonly",
            "yes",
        ]
        self._process = subprocess.Popen([str(program), *options], stdout=subprocess.DEVNULL)
        wait_for_port(port)
        self.redis = redis.Redis(HOST, port)
        self.redis.script_load(source)
        there = client(platform)
        for key in there.scan_iter(f"*{release.batch_id}*", count=1000):
            self.redis.restore(key, 0, there.dump(key), replace=True)  # type: ignore[arg-type]

    def cost(self, claims: int, first: int) -> Cost:
        """CPU of Redis a claim, pipelined by 16 as a busy platform would."""
        meter = Meter({"redis": self._process.pid})
        for start in range(first, first + claims, PIPELINE):
            with self.redis.pipeline(transaction=False) as line:
                for number in range(start, start + PIPELINE):
                    line.execute_command(*self._numbered(number))
                line.execute()
        used = meter.spent_s()["redis"]
        return Cost({"redis": used * 1e6 / (-(-claims // PIPELINE) * PIPELINE)})

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        self._home.cleanup()

    def _numbered(self, number: int) -> list[str]:
        other = [f"{number:0{len(word)}d}"[-len(word) :] for word in self._words]
        call = self._call
        for word, instead in zip(self._words, other, strict=True):
            call = [part.replace(word, instead) for part in call]
        return call


def _source_of(sha: str) -> str:
    for path in (ROOT / "app" / "gate").glob("*.lua"):
        source = path.read_text()
        if hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest() == sha:
            return source
    raise NoNumber(f"no Lua file of the gate has the name {sha}")
