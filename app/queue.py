"""RQ is a bell: jobs carry ids only, the work is rows in SQL, and a sweeper rings again (design 3.4)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from app import logs
from app.config import Settings
from app.extensions import settings
from app.redis_clients import NEVER_REPEAT

NAME = "ankang"
SCHEDULER_BEAT = "ankang:scheduler:beat"
BEAT_S = 15
TURN_S = 2.0


@dataclass(frozen=True)
class Facts:
    """Waiting jobs by queue, living processes by role; nothing where Redis is away."""

    jobs: dict[str, float] = field(default_factory=dict)
    alive: dict[str, float] = field(default_factory=dict)


def connect(of: Settings, *, patient: bool = False) -> redis.Redis:
    """RQ's own connection: no timeout on reads, because workers block on their queue.

    Only who is patient has the client library repeat what failed; everybody else hears at once that Redis is away.
    """
    options = {} if patient else NEVER_REPEAT
    return redis.Redis.from_url(of.queue_redis_url, socket_connect_timeout=0.5, **options)


def queue_on(connection: redis.Redis) -> Queue:
    """The one queue. JSON, because a pickle in Redis would be code execution."""
    return Queue(NAME, connection=connection, serializer=JSONSerializer, default_timeout=600)


def ring(path: str, *args: str, lapse_s: int = 600) -> bool:
    """Ask a worker to run `path(*args)`; unheard for `lapse_s` the ring lapses.

    False when Redis is away: the sweeper will ring for it.
    """
    try:
        with connect(settings()) as connection:
            queue_on(connection).enqueue(path, *args, result_ttl=60, failure_ttl=86_400, ttl=lapse_s)
        return True
    except redis.RedisError as error:
        logs.log.warning("bell_not_rung", job=path, cause=repr(error))
        return False


class Turn:
    """How long a job without end keeps its worker while others wait behind it; then it rings for its own rest."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._ends = time.monotonic() + TURN_S

    def goes_on(self) -> bool:
        """Whether there is time for more. Asked after some of it was done and more may be left: a no rings for that."""
        if time.monotonic() < self._ends:
            return True
        ring(self._path)
        return False


def beat(connection: redis.Redis) -> None:
    """The scheduler lives: true for `BEAT_S` seconds."""
    try:
        connection.set(SCHEDULER_BEAT, "1", ex=BEAT_S)
    except redis.RedisError:  # missing beats say so
        return


def facts() -> Facts:
    """The queue as it is now. A killed worker is missed after two minutes, when its registration lapses."""
    try:
        with connect(settings()) as connection:
            # not Worker.count: it goes on counting the killed until another worker tidies up
            workers, scheduler = len(Worker.all(connection)), connection.exists(SCHEDULER_BEAT)
            jobs = {NAME: float(queue_on(connection).count)}
    except redis.RedisError as error:
        logs.log.warning("queue_unknown", cause=repr(error))
        return Facts()
    return Facts(jobs, {"worker": float(workers), "scheduler": float(scheduler)})
