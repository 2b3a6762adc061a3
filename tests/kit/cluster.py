"""A real Redis Cluster: three masters and a replica of each, on this machine."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Sequence
from typing import Any

import redis
from redis.crc import key_slot

from tests.kit.servers import RedisServer, wait_for

SLOTS = 16_384
MASTERS = 3
NODE_TIMEOUT_MS = 1_000
BUS = 10_000  # a node's bus listens on its port and this
DURABLE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction")
PORTS = range(9_100, 9_900)  # below the ports of other tests' servers, and so are their buses


class RedisCluster:
    """Six processes. `names` lists some of them, as an operator would."""

    def __init__(self, *flags: str) -> None:
        cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT_MS)]
        cluster += ["--repl-diskless-sync-delay", "0"]
        self.nodes: list[RedisServer] = []
        for port in _free_ports(2 * MASTERS):
            node = RedisServer(*(flags or DURABLE), *cluster)
            node.port = port
            self.nodes.append(node)

    @property
    def url(self) -> str:
        """Its address as the platform wants it: not every node needs to be in it."""
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[1:4])
        return f"redis+cluster://{places}"

    def start(self) -> RedisCluster:
        """Start the nodes, share the slots out, and wait until every replica follows its master."""
        for node in self.nodes:
            node.start()
        masters, replicas = self.nodes[:MASTERS], self.nodes[MASTERS:]
        for number, node in enumerate(masters):
            first, last = number * SLOTS // MASTERS, (number + 1) * SLOTS // MASTERS - 1
            _tell(node, "CLUSTER", "ADDSLOTSRANGE", first, last)
            _tell(node, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            _tell(node, "CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port)
        wait_for("the nodes to meet", lambda: all(self._knows_all(node) for node in self.nodes))
        for master, replica in zip(masters, replicas, strict=True):
            _tell(replica, "CLUSTER", "REPLICATE", _tell(master, "CLUSTER", "MYID"))
        wait_for("the replicas", lambda: all(_follows(replica) for replica in replicas))
        wait_for("the cluster", lambda: all(_is_ok(node) for node in self.nodes))
        return self

    def master_of(self, key: str) -> RedisServer:
        """Who holds this key now, by the word of a node that lives."""
        living = next(node for node in self.nodes if node.process is not None)
        slot = key_slot(key.encode())
        for first, last, (_, port, *_), *_ in _tell(living, "CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise LookupError(f"nobody holds slot {slot}")

    def promote_replica_of(self, master: RedisServer) -> None:
        """A replica takes over although its master lives and was not asked."""
        for node in self.nodes:
            if node is not master and f"master_port:{master.port}" in str(_tell(node, "INFO", "replication")):
                _tell(node, "CLUSTER", "FAILOVER", "TAKEOVER")

    def kill(self, node: RedisServer) -> None:
        """As the out-of-memory killer does it."""
        assert node.process is not None
        node.process.send_signal(signal.SIGKILL)
        node.process.wait()
        node.process = None

    def remove(self) -> None:
        """End everything; a cluster that is forgotten needs no orderly goodbye."""
        for node in self.nodes:
            if node.process is not None:
                self.kill(node)
            shutil.rmtree(node.home, ignore_errors=True)

    def _knows_all(self, node: RedisServer) -> bool:
        lines = str(_tell(node, "CLUSTER", "NODES")).splitlines()
        return len([line for line in lines if "handshake" not in line]) == len(self.nodes)


def _tell(node: RedisServer, *words: str | int) -> Any:
    with redis.Redis(port=node.port, decode_responses=True) as client:
        client.response_callbacks.clear()  # as the server says it
        return client.execute_command(*words)


def _follows(replica: RedisServer) -> bool:
    return "master_link_status:up" in str(_tell(replica, "INFO", "replication"))


def _is_ok(node: RedisServer) -> bool:
    said = str(_tell(node, "CLUSTER", "INFO"))
    return "cluster_state:ok" in said and f"cluster_size:{MASTERS}" in said


def _free_ports(count: int) -> Sequence[int]:
    found: list[int] = []
    for port in PORTS:
        if len(found) < count and all(_is_free(each) for each in (port, port + BUS)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
