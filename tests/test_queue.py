"""The queue as `/metrics` shows it, against a real Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import queue
from app.extensions import settings
from app.queue import Facts
from tests.kit import inside
from tests.kit.servers import RedisServer


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis, and the application that queues there."""
    redis = RedisServer().start()
    app = inside.build(inside.environment("sqlite:////nowhere/queue.db", redis.url))
    with app.app_context():
        yield redis
    redis.remove()


def test_the_killed_are_not_alive_and_the_beating_are(server: RedisServer):
    """A worker whose registration lapsed does not count, although RQ still lists it."""
    with server.client() as client:
        client.sadd("rq:workers", "rq:worker:killed")
        assert queue.facts() == Facts({"ankang": 0}, {"worker": 0, "scheduler": 0})
    with queue.connect(settings()) as connection:
        queue.beat(connection)
    assert queue.ring("workers.sweep.expire_vouchers")
    assert queue.facts() == Facts({"ankang": 1}, {"worker": 0, "scheduler": 1})


def test_without_redis_the_queue_is_unknown_and_not_empty(server: RedisServer):
    """A scrape still gets its other numbers."""
    server.stop()
    assert queue.facts() == Facts()
