"""Claim, scan, redeem, reverse whose COMMIT took effect but was never answered: one effect, one answer, true books."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex
from typing import cast

import pytest

from app import once, sql
from app.gate import admission
from app.gate.admission import Admission, Verdict
from app.vouchers import claim, redeem
from app.vouchers.claim import Claim
from tests.kit.lossy import LossyWire
from tests.kit.servers import Postgres, RedisServer
from tests.kit.world import World, open_world


@pytest.fixture(scope="module")
def wire(postgres: Postgres) -> Iterator[LossyWire]:
    """The way to the database."""
    wire = LossyWire(postgres.database("lost"))
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def world(wire: LossyWire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A town on PostgreSQL, behind a wire that can lose replies."""
    redis = RedisServer().start()
    with open_world(wire.url, redis.url, tmp_path_factory.mktemp("lost")) as world:
        yield world
    redis.remove()


def test_a_claim_whose_commit_reply_is_lost_is_granted_once(world: World, wire: LossyWire):
    """The citizen gets the voucher; stock, gate and money moved by one."""
    key, lost = token_hex(8), wire.lost
    wire.lose_the_next_commit_reply()
    answer = world.claim(key)
    assert wire.lost == lost + 1 and answer.replayed, "the second run finds what the first one did"
    assert world.claim(key).body == answer.body
    assert world.one("SELECT COUNT(*) FROM voucher") == world.one("SELECT SUM(claimed) FROM batch") == 1
    assert world.broken() == []


def test_a_unit_that_a_twin_has_used_is_not_given_back(world: World):
    """One key in two processes: who was admitted finds the answer of its twin, who has not told the gate yet."""
    (citizen,), batch_id = world.newcomers([7]), world.batch()
    mine = Claim(citizen, batch_id, once.Write(citizen, "claim", token_hex(8), "same"))
    first, again = (cast(Admission, admission.ask(batch_id, [mine.claimant])[0]) for _ in range(2))
    assert (first.verdict, again.verdict) == (Verdict.ADMITTED, Verdict.AGAIN)
    twin = mine._replace(admitted=again)
    (granted,) = sql.write(lambda session: claim._decide(session, [twin]))
    (found,) = claim._granted([mine._replace(admitted=first)]).values()
    assert isinstance(found, once.Answer) and isinstance(granted, once.Answer) and found.replayed
    assert found.object_id == granted.object_id
    claim._tell_gate([(twin, granted)])
    assert world.broken() == []


def test_an_order_whose_commit_replies_are_lost_is_scanned_redeemed_and_reversed_once(
    world: World, wire: LossyWire
):
    """One accepted scan, one redemption, one subsidy; then one reversal, and the voucher is back."""
    voucher_id = world.claim(token_hex(8), citizen_no=1).object_id or ""
    order_no, key, lost = token_hex(8), token_hex(8), wire.lost
    code = world.code_of(voucher_id)
    wire.lose_the_next_commit_reply()
    scanned = world.scan(code, key)
    assert wire.lost == lost + 1 and scanned.replayed
    assert world.scan(code, key).body == scanned.body
    assert world.one("SELECT COUNT(*) FROM scan WHERE result = 'accepted'") == 1

    wire.lose_the_next_commit_reply()
    receipt = world.redeem(voucher_id, code, order_no)
    assert wire.lost == lost + 2 and receipt.replayed
    assert world.redeem(voucher_id, code, order_no).body == receipt.body
    assert world.one("SELECT COUNT(*) FROM redemption") == 1
    assert world.one("SELECT SUM(amount_fen) FROM transfer WHERE credit = 'payable'") == 2_000

    wire.lose_the_next_commit_reply()
    undone = world.reverse(order_no, key)
    assert wire.lost == lost + 3 and undone.replayed
    assert world.reverse(order_no, key).body == undone.body
    assert undone.body["returned"] == [voucher_id]
    assert world.one("SELECT COUNT(*) FROM transfer WHERE kind = 'reverse'") == 1
    assert world.one("SELECT status FROM voucher WHERE id = :id", id=voucher_id) == "issued"
    assert world.broken() == []


def test_a_group_whose_commit_reply_is_lost_gets_every_answer_it_had_decided(world: World, wire: LossyWire):
    """A redemption and a refusal committed together: both are found under their keys, neither is decided twice."""
    voucher_id = world.claim(token_hex(8), citizen_no=2).object_id or ""
    orders = [
        world.order(voucher_id, world.code_of(voucher_id), token_hex(8)),
        world.order("vch_nothing", "not a code", token_hex(8)),
    ]
    group = [redeem.read(asked, write) for asked, write in orders]
    scans, lost = world.one("SELECT COUNT(*) FROM scan"), wire.lost
    wire.lose_the_next_commit_reply()
    granted, refused = redeem._serve(group)
    assert isinstance(granted, once.Answer) and isinstance(refused, once.Answer)
    assert wire.lost == lost + 1 and granted.replayed and refused.replayed
    assert (granted.status, refused.refusal and refused.refusal.code) == (201, "code_invalid")
    assert redeem._serve(group) == [granted, refused]
    assert world.one("SELECT COUNT(*) FROM scan") == scans + 2
    assert world.one("SELECT status FROM voucher WHERE id = :id", id=voucher_id) == "redeemed"
    assert world.broken() == []
