"""Platforms that may be hurt, one per database: the bench, and a town with its own Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, Staffed, staffed
from tests.kit.bench import Bench
from tests.kit.servers import RedisServer
from tests.kit.town import Town
from tests.mutants.cast import Cast
from tests.mutants.races import gather


@pytest.fixture(scope="package", params=DATABASES)
def cast(request: pytest.FixtureRequest) -> Iterator[Cast]:
    """Everybody on a running bench; a test begins with `bench.without(…)`, which forgets what tests before it did."""
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    bench = Bench(request.param, postgres)
    try:
        yield gather(bench.start())
    finally:
        bench.remove()


@pytest.fixture(scope="package")
def own_redis() -> Iterator[RedisServer]:
    """The Redis of the town below, gate and queue, which tests may stop and empty."""
    server = RedisServer().start()
    yield server
    server.remove()


@pytest.fixture(scope="package", params=DATABASES)
def unlucky(request: pytest.FixtureRequest, own_redis: RedisServer) -> Iterator[Staffed]:
    """A staffed town by the start command, to which bad things happen; at the end its books must be right."""
    env = {"REDIS_URL": own_redis.url}
    if request.param == "postgresql":
        env["DATABASE_URL"] = request.getfixturevalue("postgres").database("unlucky")
    own_redis.client().flushall()
    with staffed(Town(request.param, env)) as here:
        yield here
