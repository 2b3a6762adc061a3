"""The demo town inside the test's own process, once per database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app import queue
from app.events import bodies, relay
from tests.conftest import DATABASES
from tests.kit.servers import RedisServer
from tests.kit.world import World, open_world


@pytest.fixture(scope="package", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On this database, with nothing left to publish."""
    home, redis = tmp_path_factory.mktemp("events"), RedisServer().start()
    address = f"sqlite:///{home}/events.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("events")
    with open_world(address, redis.url, home) as world:
        relay.run()
        yield world
    redis.remove()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent in a test is sent in one turn, however slow the machine is."""
    monkeypatch.setattr(queue, "TURN_S", 60)


@pytest.fixture
def about_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of made-up things: bodies without rows behind them."""

    def of(_: Session, kind: str, told: list[dict[str, object]]) -> list[dict[str, object]]:
        whom = {"merchant_id": None, "citizen_id": None}
        return [{"kind": kind, **each, **whom, "is_test": True, "body": "{}"} for each in told]

    monkeypatch.setattr(bodies, "of", of)
