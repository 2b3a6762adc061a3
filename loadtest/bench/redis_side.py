"""Redis by itself: how many commands a claim sends, how many bytes it keeps, what its script costs alone."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import redis

from loadtest.bench.cpu import Meter
from loadtest.bench.fire import HOST, NoNumber
from loadtest.bench.platform import Platform
from loadtest.bench.ratios import Cost
from loadtest.bench.servers import wait_for_port
from loadtest.replay.house import ROOT, free_port

PIPELINE = 16
GROUP = 128
MORE_THAN_ENOUGH = 10**9
ACTS = ROOT / "app" / "gate"
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


class Alone:
    """The gate of a batch in a Redis of its own, called the way the platform was heard calling it.

    A call of claim.lua is: EVALSHA, its name, 3, gate, pending, bucket; offset, number of buckets, note, fingerprint.
    """

    def __init__(self, platform: Platform, heard: Sequence[str], key: str) -> None:
        """`key` is the Idempotency-Key of the claim whose calls were heard."""
        self._claim = _call("claim", heard, key)
        self._confirm = _call("confirm", heard, key)
        self._buckets = int(self._claim[7])
        program = Path(f"/proc/{platform.roots['redis']}/exe").resolve()
        self._home = tempfile.TemporaryDirectory(prefix="ankang-bench-redis-")
        port = free_port()
        options = f"--port {port} --bind {HOST} --appendonly yes --latency-tracking no".split()
        self._process = subprocess.Popen(
            [str(program), *options, "--dir", self._home.name, "--save", ""], stdout=subprocess.DEVNULL
        )
        wait_for_port(port)
        self.redis = redis.Redis(HOST, port)
        for path in ACTS.glob("*.lua"):
            self.redis.script_load(path.read_text())
        gate = self._claim[3]
        self.redis.restore(gate, 0, client(platform).dump(gate))  # type: ignore[arg-type]
        self.redis.hset(gate, "stock", MORE_THAN_ENOUGH)

    def cost(self, claims: int, first: int) -> Cost:
        """CPU of Redis a claim, pipelined by 16 as a busy platform would."""
        meter = Meter({"redis": self._process.pid})
        self._send(self._numbered_claim, claims, first)
        used = meter.spent_s()["redis"]
        return Cost({"redis": used * 1e6 / claims})

    def bytes_kept(self, claims: int, first: int, closing: Sequence[str]) -> tuple[float, float]:
        """What Redis keeps a claim that SQL has committed: while the gate is open; after the close that was heard."""
        self._send(self._numbered_claim, PIPELINE, first - PIPELINE)  # it makes its buffers at the first use
        self._send(self._numbered_confirm, PIPELINE, first - PIPELINE)
        before = self._used()
        for start in range(first, first + claims, GROUP):
            self._send(self._numbered_claim, GROUP, start)
            self._send(self._numbered_confirm, GROUP, start)
        while_open = self._used() - before
        for line in closing:
            if line.upper().startswith("EVALSHA"):
                self.redis.execute_command(*line.split(" "))
        return while_open / claims, max(0, self._used() - before) / claims

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._home.cleanup()

    def _send(self, call: Callable[[int], list[str]], count: int, first: int) -> None:
        for start in range(first, first + count, PIPELINE):
            with self.redis.pipeline(transaction=False) as line:
                for number in range(start, min(start + PIPELINE, first + count)):
                    line.execute_command(*call(number))
                line.execute()

    def _used(self) -> int:
        return int(self.redis.info("memory")["used_memory"])

    def _numbered_claim(self, number: int) -> list[str]:
        digest = hashlib.sha256(str(number).encode()).digest()
        bucket = self._claim[5].rpartition(":")[0] + f":{int.from_bytes(digest[:8]) % self._buckets}"
        fingerprint = str(1 + (int.from_bytes(digest[8:16]) >> 12))
        return [*self._claim[:5], bucket, *self._claim[6:8], self._note(number), fingerprint]

    def _numbered_confirm(self, number: int) -> list[str]:
        return [*self._confirm[:-1], self._note(number)]

    def _note(self, number: int) -> str:
        """As long as the one that was heard."""
        return f"{number:0{len(self._claim[8])}d}"


def _call(act: str, heard: Sequence[str], key: str) -> list[str]:
    """The words of the last call of this act for one claim alone."""
    source = (ACTS / f"{act}.lua").read_bytes()
    name = hashlib.sha1(source, usedforsecurity=False).hexdigest()
    calls = [line.split(" ") for line in heard if name in line and key in line]
    if not calls:
        raise NoNumber(f"no call of {act}.lua was heard for the claim")
    return calls[-1]
