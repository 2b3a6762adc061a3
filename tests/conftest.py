"""One platform per database for the whole run: started by the start command, used over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from flask import Flask
from xdist.scheduler import LoadScopeScheduling

from tests.kit import inside
from tests.kit.people import Batch, Citizen, Organizer, Shop, open_batch
from tests.kit.servers import Postgres, RedisServer
from tests.kit.together import each
from tests.kit.town import Town

DATABASES = ("sqlite", "postgresql")

# Every process of a run imports the same files: where nothing is compiled beforehand, the first one leaves it behind.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine must not make a slow example look like a wrong one.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


class ByDatabase(LoadScopeScheduling):
    """Two processes share the suite, one a database: a town is started once. What is about neither goes by files."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, params = nodeid.partition("[")
        about = [word for word in DATABASES if word in params]
        return about[0] if about else path.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByDatabase:
    """Asked where `-n` is given."""
    return ByDatabase(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session", params=DATABASES)
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """The platform on the embedded default, then on PostgreSQL with a real Redis."""
    if request.param == "sqlite":
        yield from _lived_in(Town("sqlite"))
        return
    server: Postgres = request.getfixturevalue("postgres")
    redis = RedisServer().start()
    try:
        yield from _lived_in(
            Town("postgresql", {"DATABASE_URL": server.database("town"), "REDIS_URL": redis.url})
        )
    finally:
        redis.remove()


def _lived_in(town: Town) -> Iterator[Town]:
    """Start, hand over, and at the end audit whatever the tests did to it."""
    try:
        yield town.start()
        town.audit()
    finally:
        town.remove()


@pytest.fixture(scope="session", params=DATABASES)
def scratch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The platform inside this process on a migrated database of its own, without Redis."""
    yield from inside.on(request, tmp_path_factory, "scratch")


@dataclass(frozen=True)
class Staffed:
    """A town with two organizers and makers of everything a test needs."""

    town: Town
    zhao: Organizer
    qian: Organizer

    def batch(self, **terms: object) -> Batch:
        """An open batch."""
        return open_batch(self.zhao, self.qian, **terms)  # type: ignore[arg-type]

    def citizen(self, name: str = "张三丰") -> Citizen:
        """Somebody with an Ankang code."""
        citizen = Citizen(self.town, name).sign_in()
        citizen.apply()
        return citizen

    def citizens(self, count: int) -> list[Citizen]:
        """A crowd."""
        return each(range(count), lambda _: self.citizen())

    def shop(self) -> Shop:
        """A merchant's till."""
        return self.zhao.shop()

    def shops(self, count: int) -> list[Shop]:
        """Many tills in one store."""
        store = self.zhao.store(self.zhao.shop().merchant_id)
        return each(range(count), lambda _: self.zhao.another_till(store))


@contextmanager
def staffed(town: Town) -> Iterator[Staffed]:
    """Start it, with two organizers of its own; at the end its books must be right."""
    try:
        town.start()
        yield Staffed(town, Organizer(town, name="赵组织"), Organizer(town, name="钱审核"))
        town.audit()
    finally:
        town.remove()


_staff: dict[str, tuple[Organizer, Organizer]] = {}


@pytest.fixture
def here(town: Town) -> Staffed:
    """The town with its staff; sessions are renewed because other tests may have moved the clock by days."""
    if town.url not in _staff:
        _staff[town.url] = (Organizer(town, name="赵组织"), Organizer(town, name="钱审核"))
    zhao, qian = _staff[town.url]
    for organizer in (zhao, qian):
        organizer.stay_signed_in()
    return Staffed(town, zhao, qian)


@pytest.fixture
def make_town(postgres: Postgres) -> Iterator[Callable[..., Town]]:
    """Towns of a test's own, for what would disturb the others: killed servers, emptied queues."""
    made: list[Town] = []

    def make(database: str, **env: str) -> Town:
        if database == "postgresql":
            env["DATABASE_URL"] = postgres.database(f"town_{len(made)}")
        made.append(Town(database, env))
        return made[-1].start()

    yield make
    for each_town in made:
        each_town.remove()
