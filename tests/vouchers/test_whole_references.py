"""What belongs together is one reference (ADR 38): no row names a till of another store, or a strange campaign."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.refusals import Refused
from tests.conftest import DATABASES
from tests.kit.servers import RedisServer
from tests.kit.world import World, open_world

TABLES = {
    "scan": ("store_id", "merchant_id"),
    "redemption": ("store_id", "merchant_id"),
    "redemption_line": ("campaign_id",),
    "voucher": ("campaign_id",),
}


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo town on this database, with one redemption."""
    home, redis = tmp_path_factory.mktemp("whole"), RedisServer().start()
    address = f"sqlite:///{home}/whole.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("whole")
    with open_world(address, redis.url, home) as world:
        voucher_id = str(world.claim("claim-whole").object_id)
        world.redeem(voucher_id, world.code_of(voucher_id), "O-WHOLE")
        yield world
    redis.remove()


@pytest.mark.parametrize(("table", "column"), [(table, each) for table, of in TABLES.items() for each in of])
def test_half_of_a_reference_cannot_be_of_another(world: World, table: str, column: str):
    """There is such a store, merchant or campaign, only it is not this till's or this batch's."""
    parent = column.removesuffix("_id")
    other = world.one(
        f"SELECT p.id FROM {parent} p WHERE p.id <> (SELECT MIN(t.{column}) FROM {table} t) LIMIT 1"
    )
    assert other is not None
    with pytest.raises(Refused) as told:
        world.do(f"UPDATE {table} SET {column} = :other", other=other)
    assert isinstance(told.value.__cause__, IntegrityError)
    assert world.broken() == []
