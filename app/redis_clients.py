"""The clients of Redis, one server or a cluster: none repeats a command by itself, none waits long (ADR 0002, 0014)."""

from __future__ import annotations

import threading
import time
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, ClusterPipeline, RedisCluster
from redis.exceptions import RedisClusterException
from redis.retry import Retry

# redis-py resends up to ten times on a timeout; a claim sent twice would take two units.
NEVER_REPEAT: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
# And no long waits: seconds.
HASTY: dict[str, Any] = {
    **NEVER_REPEAT,
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.3,
}
CLUSTER = "redis+cluster", "rediss+cluster"
LOOK_AGAIN_S = 1.0


class Lost(redis.ConnectionError):
    """No node of a cluster answers."""


class Pipeline(ClusterPipeline):
    """Commands for many slots, a round trip a master."""

    def time(self, **options: Any) -> Any:
        """The time of one of the masters, which keep the same time (ADR 0014); redis-py would not ask any."""
        return self.execute_command("TIME", **options)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Raises redis.RedisError only."""
        try:
            return super().execute(raise_on_error)
        except RedisClusterException as error:
            raise Lost(str(error)) from error


class Cluster(RedisCluster):
    """Follows MOVED, ASK and TRYAGAIN, which say that a command did not run, and repeats nothing else."""

    _lost_at = float("-inf")

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Raises redis.RedisError only; redis-py's word for a cluster it cannot find is no RedisError."""
        refuse_to_look_again_at_once(self._lost_at)
        try:
            return super().execute_command(*args, **options)
        except RedisClusterException as error:
            self._lost_at = time.monotonic()
            raise Lost(str(error)) from error

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> Pipeline:
        """As redis-py makes it, but of our kind."""
        assert shard_hint is None
        return Pipeline(
            nodes_manager=self.nodes_manager,
            commands_parser=self.commands_parser,
            startup_nodes=list(self.nodes_manager.startup_nodes.values()),
            result_callbacks=self.result_callbacks,
            cluster_response_callbacks=self.cluster_response_callbacks,
            reinitialize_steps=self.reinitialize_steps,
            retry=self.retry,
            lock=self._lock,
            transaction=transaction,
        )


def refuse_to_look_again_at_once(lost_at: float) -> None:
    """Looking for nodes of which none answers takes a time-out each; tills must not stand in line for that."""
    if time.monotonic() < lost_at + LOOK_AGAIN_S:
        raise Lost("no node could be reached a moment ago")


def is_cluster(url: str) -> bool:
    """True for an address with several nodes in it: `redis+cluster://host:port,host:port`."""
    return urlsplit(url).scheme in CLUSTER


def server(url: str) -> redis.Redis:
    """The client of one server."""
    return redis.Redis.from_url(url, decode_responses=True, **HASTY)


def _cluster(url: str) -> Cluster:
    """The client of a cluster, after asking the nodes named here who else there is. Raises Lost."""
    parts = urlsplit(url)
    places = [place.rpartition(":") for place in parts.netloc.rpartition("@")[2].split(",")]
    who = {"username": parts.username, "password": parts.password}
    options: dict[str, Any] = {name: unquote(word) for name, word in who.items() if word}
    try:
        return Cluster(
            startup_nodes=[ClusterNode(host, int(port)) for host, _, port in places],
            reinitialize_steps=1,  # a slot that has moved is a reason to ask who is where
            decode_responses=True,
            ssl=parts.scheme.startswith("rediss"),
            **options,
            **HASTY,
        )
    except (RedisClusterException, redis.RedisError) as error:
        raise Lost(str(error)) from error


class Gate:
    """The gate's Redis, by its address: connected when it is needed, and again when a cluster was lost."""

    def __init__(self, url: str) -> None:
        self.is_cluster = is_cluster(url)
        self._url = url
        self._client: redis.Redis | Cluster | None = None
        self._lock = threading.Lock()
        self._lost_at = float("-inf")

    def client(self) -> redis.Redis:
        """A client: a cluster's understands the same commands. Raises redis.ConnectionError when it is not found."""
        return cast("redis.Redis", self._connected())

    def _connected(self) -> redis.Redis | Cluster:
        with self._lock:
            if self._client is None:
                self._client = self._found()
            return self._client

    def _found(self) -> redis.Redis | Cluster:
        if not self.is_cluster:
            return server(self._url)
        refuse_to_look_again_at_once(self._lost_at)
        try:
            return _cluster(self._url)
        except Lost:
            self._lost_at = time.monotonic()
            raise

    def masters(self) -> dict[str, dict[str, Any]]:
        """What each master says of itself (INFO), by its name. Raises redis.RedisError.

        A cluster is asked anew who its masters are: a failover may leave the former one running and answering.
        """
        client = self._connected()
        if not isinstance(client, Cluster):
            return {"Redis": client.info("everything")}
        try:
            client.nodes_manager.initialize(disconnect_startup_nodes_pools=False)
        except RedisClusterException as error:
            raise Lost(str(error)) from error
        return {
            f"Redis {node.name}": client.info("everything", target_nodes=node)
            for node in client.get_primaries()
        }

    def let_go(self) -> None:
        """Close every connection; the next use connects anew."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()
