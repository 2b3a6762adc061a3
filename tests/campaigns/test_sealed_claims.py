"""Postings without a number are sealed by the events that told of them, also where a transaction commits late."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once, outbox, sql
from app.cli import audit_seals
from app.domain.event import Kind
from app.domain.seal import FEED, Interval
from app.events import relay
from app.ids import new_id
from app.vouchers import ledger
from app.vouchers.claim import claim
from campaigns import seals
from tests.conftest import DATABASES
from tests.kit.servers import RedisServer
from tests.kit.world import World, open_world

MONEY_OF = text("SELECT campaign_id, face_fen FROM voucher WHERE id = :id")

serial = itertools.count(700_001)


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One of its own: what is let go here is no real expiry."""
    home, redis = tmp_path_factory.mktemp("sealed"), RedisServer().start()
    address = f"sqlite:///{home}/sealed.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("sealed")
    try:
        with open_world(address, redis.url, home) as world:
            yield world
    finally:
        redis.remove()


def sealed_up_to(world: World) -> int:
    """The last event that a seal covers."""
    return int(world.one("SELECT COALESCE(MAX(to_no), 0) FROM seal WHERE scope = :scope", scope=FEED))


def content(from_no: int, to_no: int) -> str:
    """What the events between two numbers moved, as it is now."""
    with sql.reading() as session:
        return seals.content_of(session, Interval(FEED, from_no, to_no))


def broken() -> list[dict[str, object]]:
    """Seals whose interval holds something else today."""
    with sql.reading() as session:
        return audit_seals.sealed(session)


def claimed(world: World) -> str:
    """A voucher of somebody who has just arrived; its id."""
    (citizen,) = world.newcomers([next(serial)])
    return str(claim(citizen, world.batch(), once.Write(citizen, "claim", new_id("key"), "same")).object_id)


def test_a_claim_is_sealed_once_it_was_told(world: World):
    """The seal holds its posting: amount, instant, account. Nothing new, no new seal."""
    claimed(world)
    relay.run()
    last = int(world.one("SELECT last_no FROM event_clock"))
    assert seals.seal_due() is not None and sealed_up_to(world) == last
    assert broken() == []
    assert seals.seal_due() == (0, 0)


@pytest.mark.race
@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_posting_that_becomes_visible_late_is_in_a_later_seal_and_breaks_none(world: World):
    """Its id and its instant are lower than those of what was sealed before; its event's number is not."""
    relay.run()
    first, second = claimed(world), claimed(world)
    relay.run()
    early = sql.writing()
    session = early.__enter__()
    let_go(session, first)
    let_go_at_once(second)
    relay.run()
    seals.seal_due()
    before, of_before = sealed_up_to(world), content(0, sealed_up_to(world))
    early.__exit__(None, None, None)
    relay.run()
    seals.seal_due()
    assert sealed_up_to(world) == before + 1 and content(0, before) == of_before
    assert broken() == []


def let_go(session: Session, voucher_id: str) -> None:
    """Let a voucher's money go as the sweeper does: a posting without a number, and its event."""
    row = session.execute(MONEY_OF, {"id": voucher_id}).one()
    at = clock.now()
    moved = ledger.Transfer(row.campaign_id, "expire", voucher_id, "issued", "released", row.face_fen)
    ledger.post(session, [moved], at)
    outbox.tell(session, Kind.EXPIRED, [voucher_id], at)


def let_go_at_once(voucher_id: str) -> None:
    """The same, committed."""
    sql.write(lambda session: let_go(session, voucher_id))


def test_the_content_of_an_interval_has_each_posting_without_a_number_once(world: World):
    """Claim, forfeit, its return, expiry: a redemption of two parts has two lines; what has a number is not doubled."""
    voucher = claimed(world)
    world.redeem(voucher, world.code_of(voucher), new_id("O"))
    relay.run()
    last = int(world.one("SELECT last_no FROM event_clock"))
    with sql.reading() as session:
        rows = session.execute(seals.CONTENT_OF[FEED], {"from_no": 0, "to_no": last}).all()
        unnumbered = session.scalars(
            text("SELECT id FROM transfer WHERE kind IN ('claim', 'forfeit', 'unforfeit', 'expire')")
        ).all()
    moved = [row.id for row in rows if row.id is not None]
    assert sorted(moved) == sorted(unnumbered)
    assert [row.no for row in rows] == sorted(row.no for row in rows)
