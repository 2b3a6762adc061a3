"""The sealing job on both databases: what it chains and seals, and what a paused twin of it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_trail, clock, sql
from app.cli import audit_seals
from app.domain.seal import AUDIT
from app.ids import new_id
from app.leases import LeaseLost
from app.merchants import places
from app.models import Seal
from app.vouchers import ledger
from campaigns import manage, people, seals
from tests.kit.together import all_at_once


@pytest.fixture
def house(scratch: Flask) -> Iterator[Flask]:
    """Its context; everything before is sealed."""
    with scratch.test_request_context():
        seals.seal_due()
        yield scratch


def act(times: int) -> None:
    """Privileged acts."""
    for _ in range(times):
        sql.write(lambda session: audit_trail.done(session, "stf_1", "campaign.pause", new_id("cmp"), "核查"))


def post(times: int) -> str:
    """A campaign with postings that have numbers; its id."""
    staff = people.create(new_id("login"), "赵组织", "organizer", "a-long-password")
    terms = {"name": "大观区消费活动", "budget_fen": 1_000, "is_test": False}

    def work(session: Session) -> str:
        campaign_id = manage.create_campaign(session, terms, staff).object_id or ""
        merchant_id = places.register(session, {"name": "大观楼小吃"}).object_id or ""
        session.flush()
        for _ in range(times):
            moved = ledger.Transfer(campaign_id, "redeem", new_id("rdl"), "issued", "payable", 5, merchant_id)
            ledger.post(session, [moved], clock.now())
        return campaign_id

    return sql.write(work)


def flaws() -> tuple[int, int]:
    """What the audit finds in the trail, and in the seals."""
    with sql.reading() as session:
        return len(audit_seals.trail(session)), len(audit_seals.sealed(session))


def test_each_run_seals_what_is_new_and_nothing_twice(house: Flask, monkeypatch: pytest.MonkeyPatch):
    """In pieces, one chain over all scopes; the anchor of the day is its end."""
    monkeypatch.setattr(seals, "LINKS", 3)
    monkeypatch.setattr(seals, "POSTINGS", 2)
    act(7)
    campaign_id = post(5)
    assert seals.seal_due() == (7, 7)  # 2 + 2 + 1 postings, and 2 + 2 + 2 + 1 links
    assert seals.seal_due() == (0, 0)
    ledgered = post(1)
    assert seals.seal_due() == (0, 1)
    with sql.reading() as session:
        last = seals.anchor(session, clock.day(clock.now()))
        assert last is not None and last.scope == ledgered
        assert seals.anchor(session, "2001-01-01") is None
        of_campaign = session.query(Seal).filter(Seal.scope == campaign_id).order_by(Seal.number).all()
    assert [(seal.from_no, seal.to_no) for seal in of_campaign] == [(0, 2), (2, 4), (4, 5)]
    assert flaws() == (0, 0)


def test_a_worker_that_was_paused_writes_nothing(house: Flask):
    """Its lease ran out and another one sealed: the epoch is the fence."""
    act(1)
    epoch = sql.write(seals._take)
    assert epoch is not None and seals.seal_due() is None, "somebody holds the lease"
    sql.write(lambda session: session.execute(text("UPDATE sealing SET lease_until = 0")))
    assert seals.seal_due() is not None
    act(1)
    with pytest.raises(LeaseLost):
        sql.write(partial(seals._chain, epoch=epoch))
    assert seals.seal_due() and flaws() == (0, 0)


@pytest.mark.race
def test_five_bells_at_once_make_one_chain(house: Flask):
    """And with writers beside them."""

    def seal() -> None:
        with house.test_request_context():
            seals.seal_due()

    def write() -> None:
        with house.test_request_context():
            act(5)

    all_at_once([seal] * 5 + [write] * 2)
    seals.seal_due()
    with sql.reading() as session:
        links = session.scalar(text("SELECT COUNT(*) FROM audit_link"))
        assert links == session.scalar(text("SELECT COUNT(*) FROM audit_log"))
    assert flaws() == (0, 0)


def test_a_printed_anchor_is_compared(house: Flask):
    """Exit code 1 for any other."""
    act(1)
    runner = house.test_cli_runner()
    assert runner.invoke(args=["seals", "now"]).output.startswith("封存 1 entries chained")
    day = clock.day(clock.now())
    printed = runner.invoke(args=["seals", "anchor", day])
    sha256 = printed.output.split()[-1]
    assert printed.exit_code == 0 and len(sha256) == 64
    assert runner.invoke(args=["seals", "anchor", day, "--expect", sha256]).exit_code == 0
    assert runner.invoke(args=["seals", "anchor", day, "--expect", "0" * 64]).exit_code == 1
    assert runner.invoke(args=["seals", "anchor", "2001-01-01"]).exit_code == 1
    with sql.reading() as session:
        assert session.query(Seal).order_by(Seal.number.desc()).first().scope == AUDIT  # type: ignore[union-attr]
