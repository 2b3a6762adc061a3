"""What groups wait for on PostgreSQL (SQLite has one writer): a deadlock's victim runs again with the same keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import psycopg
import pytest

from app import metrics, once, sql
from app.extensions import db
from app.vouchers import grant, redeem
from tests.kit.servers import Postgres, RedisServer, wait_for
from tests.kit.world import World, open_world

HOLD = "SELECT 1 FROM voucher WHERE id = %s FOR UPDATE"
BLOCKED = (
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture(scope="module")
def world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo town on PostgreSQL."""
    redis = RedisServer().start()
    with open_world(postgres.database("deadlock"), redis.url, tmp_path_factory.mktemp("deadlock")) as world:
        yield world
    redis.remove()


def address() -> str:
    """The world's database, for going there by oneself."""
    return db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


def test_a_redemption_does_not_wait_for_claims_of_its_batch(world: World):
    """A group of claims holds the batch's row until its COMMIT; the line that refers to the batch goes in meanwhile."""
    voucher = str(world.claim(token_hex(8), citizen_no=2).object_id)
    code = world.code_of(voucher)
    with sql.writing() as claims:
        (held,) = grant.LOCK.run(claims, [{"batch_id": world.batch()}])
        assert held.id == world.batch()
        assert world.redeem(voucher, code, token_hex(8)).status == 201
    assert world.broken() == []


def test_a_group_that_is_the_victim_of_a_deadlock_ends_in_one_answer_a_key(world: World):
    """Somebody without manners locks two vouchers the wrong way round: both orders are redeemed, each once."""
    vouchers = sorted(str(world.claim(token_hex(8), citizen_no=number).object_id) for number in (0, 1))
    before = world.one("SELECT COUNT(*) FROM redemption")
    orders = [world.order(each, world.code_of(each), token_hex(8)) for each in vouchers]
    group = [redeem.read(asked, write) for asked, write in orders]
    reruns = metrics.SQL_RERUNS._value.get()
    answers: list[Any] = []

    def serve() -> None:
        with world.app.app_context():
            answers.extend(redeem._serve(group))

    thread = threading.Thread(target=serve)
    with psycopg.connect(address()) as rude, psycopg.connect(address(), autocommit=True) as watch:
        rude.execute(HOLD, [vouchers[1]])
        thread.start()
        wait_for("the group at the second voucher", lambda: watch.execute(BLOCKED).fetchone() == (1,))
        rude.execute(HOLD, [vouchers[0]])  # the group has waited longer: PostgreSQL ends it
        rude.commit()
    thread.join()
    assert metrics.SQL_RERUNS._value.get() > reruns
    assert all(
        isinstance(each, once.Answer) and (each.status, each.replayed) == (201, False) for each in answers
    )
    assert [each.body for each in redeem._serve(group)] == [each.body for each in answers]  # type: ignore[union-attr]
    assert world.one("SELECT COUNT(*) FROM redemption") == before + 2
    assert world.broken() == []
