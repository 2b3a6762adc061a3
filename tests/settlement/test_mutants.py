"""What freezes a settlement: the lease's epoch keeps a late worker out, the hash shows a changed line."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy import text

from app import sql
from app.cli import audit
from app.domain.refusals import Refused
from app.domain.settlement import MerchantLine
from campaigns import settlement
from tests.mutants.kinds import Cut
from tests.settlement.ledger_town import Town, staff

EPOCH = Cut("campaigns.settlement", "FREEZE", " AND lease_epoch = :lease_epoch")


@pytest.fixture
def drafted(scratch: Flask) -> Town:
    """A campaign with a settlement that is open, in the context of the platform."""
    with scratch.test_request_context():
        town = Town(staff(), 2, random.Random(1))
        town.live()
        return town


def late(town: Town) -> str:
    """A worker is paused with its lease; another one takes over and has not written yet; the first wakes up."""
    opened = sql.write(lambda session: settlement.open_batch(session, town.campaign_id, 1, town.people[0]))
    settlement_id = str(opened.object_id)
    lease = sql.write(lambda session: settlement._take_lease(session, settlement_id))
    assert lease is not None
    sql.write(lambda session: session.execute(text("UPDATE settlement_batch SET lease_until = 0")))
    assert sql.write(lambda session: settlement._take_lease(session, settlement_id)) is not None
    sql.write(lambda session: settlement._write_lines(session, settlement_id, lease))
    return settlement_id


def test_a_late_worker_finds_its_epoch_gone(scratch: Flask, drafted: Town, monkeypatch: pytest.MonkeyPatch):
    """The shipped statement changes no row; without its condition the late worker freezes what it likes."""
    with scratch.test_request_context():
        with pytest.raises(Refused, match="wrong_state"):
            late(drafted)
        other = Town(drafted.people, 1, random.Random(2))
        monkeypatch.setattr(settlement, "FREEZE", EPOCH.on(settlement.FREEZE))
        settlement_id = late(other)
        with sql.reading() as session:
            assert settlement.find_settlement(session, settlement_id).state == "computed"


def test_a_changed_line_of_a_frozen_batch_is_seen_by_its_hash(
    scratch: Flask, drafted: Town, monkeypatch: pytest.MonkeyPatch
):
    """A count that no sum knows of: the hash alone tells."""
    with scratch.test_request_context():
        settlement_id = drafted.settle()
        with sql.reading() as session:
            assert audit._changed_batches(session) == []
        shipped = MerchantLine
        monkeypatch.setattr(
            audit, "MerchantLine", lambda merchant, count, *sums: shipped(merchant, count + 1, *sums)
        )
        with sql.reading() as session:
            assert settlement_id in {row["id"] for row in audit._changed_batches(session)}
