"""A Redis Cluster of masters on this machine, the slots in equal parts."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from loadtest.bench.fire import HOST, NoNumber
from loadtest.bench.servers import wait_for_port
from loadtest.replay.house import free_port

SLOTS = 16_384
BUS = 10_000  # a node's bus listens on its port and this
HIGHEST_PORT = 65_535 - BUS
# As the platform wants them; an AOF that is rewritten in between would be CPU of another moment.
DURABLE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction", "--auto-aof-rewrite-percentage", "0")
PATIENCE_S = 20.0


class Cluster:
    """So many processes of this program, one master each."""

    def __init__(self, program: Path, masters: int) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="ankang-bench-cluster-")
        self._ports = [_node_port() for _ in range(masters)]
        self._processes = [self._start(program, port) for port in self._ports]
        self._nodes = [redis.Redis(HOST, port, decode_responses=True) for port in self._ports]
        for number, node in enumerate(self._nodes):
            wait_for_port(self._ports[number])
            first, last = number * SLOTS // masters, (number + 1) * SLOTS // masters - 1
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self._nodes[1:]:
            node.execute_command("CLUSTER", "MEET", HOST, self._ports[0])
        _wait(lambda: all(_is_ok(node, masters) for node in self._nodes))

    @property
    def url(self) -> str:
        """Its address as the platform wants it."""
        return "redis+cluster://" + ",".join(f"{HOST}:{port}" for port in self._ports)

    def cpu_s(self) -> list[float]:
        """CPU seconds each node has used so far, by its own word, which has microseconds."""
        said = [node.info("cpu") for node in self._nodes]
        return [float(each["used_cpu_user"]) + float(each["used_cpu_sys"]) for each in said]

    def stop(self) -> None:
        """End it and forget what it kept."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._home.cleanup()

    def _start(self, program: Path, port: int) -> subprocess.Popen[bytes]:
        home = Path(self._home.name) / str(port)
        home.mkdir()
        options = ["--port", str(port), "--bind", HOST, "--dir", str(home), "--cluster-enabled", "yes"]
        return subprocess.Popen([str(program), *options, *DURABLE, "--save", ""], stdout=subprocess.DEVNULL)


def _is_ok(node: Any, masters: int) -> bool:
    said = node.execute_command("CLUSTER INFO")
    return str(said["cluster_state"]) == "ok" and int(said["cluster_size"]) == masters


def _node_port() -> int:
    while (port := free_port()) > HIGHEST_PORT:
        pass
    return port


def _wait(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > give_up_at:
            raise NoNumber("the nodes of a cluster did not find each other")
        time.sleep(0.05)
