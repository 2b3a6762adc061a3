"""Redis comes back with an older copy of its files, and the gate in it looks perfectly well. SQL knows better."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.gate import keys
from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.servers import RedisServer, wait_for

pytestmark = pytest.mark.race
OPEN_AGAIN_S = 5.0
SWEPT_S = 20.0


@contextmanager
def rolled_back(server: RedisServer, copy: Path) -> Iterator[None]:
    """What Redis learns inside it has forgotten afterwards."""
    shutil.copytree(server.home, copy)
    yield
    server.stop()
    shutil.rmtree(server.home)
    shutil.move(copy, server.home)  # which may be on another disk
    server.start()


def gate_of(redis: RedisServer, batch: Batch) -> dict[str, str]:
    gate: dict[str, str] = dict(redis.client().hgetall(keys.gate(batch.batch_id)))  # type: ignore[arg-type]
    return gate


def test_a_pause_that_is_long_over_does_not_come_back(
    unlucky: Staffed, own_redis: RedisServer, tmp_path: Path
):
    """The older gate is paused; the campaign is not. Five seconds after Redis answers, claims are granted."""
    batch, (first, second) = unlucky.batch(stock=5), unlucky.citizens(2)
    unlucky.zhao.post(f"/campaigns/{batch.campaign_id}/pause", {}, expect=200)
    with rolled_back(own_redis, tmp_path / "copy"):
        unlucky.zhao.post(f"/campaigns/{batch.campaign_id}/resume", {}, expect=200)
        first.claim(batch.batch_id, expect=201)
    wait_for("a claim", lambda: second.claim(batch.batch_id, "a-patient-key").status == 201, OPEN_AGAIN_S)
    assert int(gate_of(own_redis, batch)["stock"]) == 3


def test_units_that_are_gone_do_not_come_back(unlucky: Staffed, own_redis: RedisServer, tmp_path: Path):
    """The older gate has all the stock; soon it has what SQL has, without anybody claiming."""
    batch, winners = unlucky.batch(stock=3), unlucky.citizens(2)
    with rolled_back(own_redis, tmp_path / "copy"):
        for citizen in winners:
            citizen.claim(batch.batch_id, expect=201)
    wait_for("the true stock", lambda: gate_of(own_redis, batch).get("stock") == "1", OPEN_AGAIN_S)
    for citizen in winners:
        assert citizen.claim(batch.batch_id, "another-key-of-mine").code == "person_limit"


@pytest.mark.parametrize("wrong", [{"epoch": "1", "state": "paused"}, {"stock": "9"}], ids=str)
def test_the_sweeper_finds_a_gate_that_is_older_than_sql_or_has_more(
    unlucky: Staffed, own_redis: RedisServer, wrong: dict[Any, Any]
):
    """Whoever made it so: no restart tells of it."""
    batch = unlucky.batch(stock=5)
    epoch = int(gate_of(own_redis, batch)["epoch"])
    own_redis.client().hset(keys.gate(batch.batch_id), mapping=wrong)
    wait_for("the sweeper", lambda: int(gate_of(own_redis, batch)["epoch"]) > epoch, SWEPT_S)
    gate = gate_of(own_redis, batch)
    assert (gate["state"], gate["stock"]) == ("open", "5")
