"""Redis stops or forgets everything: redemptions go on, claims wait, and nothing is lost or given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Citizen
from tests.kit.servers import RedisServer, wait_for
from tests.kit.together import all_at_once, each

pytestmark = pytest.mark.race


@contextmanager
def stopped(server: RedisServer) -> Iterator[None]:
    """Redis is down while the block runs."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def final_claim(citizen: Citizen, batch_id: str) -> Reply:
    """Claim as an application does: turned away by a closed gate it repeats its key."""
    key = f"key-of-{citizen.phone}"
    replies: list[Reply] = []

    def is_final() -> bool:
        replies.append(citizen.claim(batch_id, key))
        return replies[-1].code != "gate_closed"

    wait_for("a final answer", is_final)
    return replies[-1]


def test_without_redis_twenty_terminals_redeem_a_voucher_once(unlucky: Staffed, own_redis: RedisServer):
    """The lock is gone, SQL is not: one of twenty parallel redemptions wins, the others hear `voucher_used`."""
    batch, citizen = unlucky.batch(), unlucky.citizen()
    voucher = citizen.holds(batch.batch_id)
    shops = unlucky.shops(20)
    codes = each(shops, lambda _: citizen.show())
    with stopped(own_redis):
        acts = [partial(shop.redeem, code, [voucher]) for shop, code in zip(shops, codes, strict=True)]
        answers = all_at_once(acts)
    assert Counter(answer.body.get("code", "redeemed") for answer in answers) == {
        "redeemed": 1,
        "voucher_used": 19,
    }
    figures = unlucky.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (figures["redeemed"], figures["subsidy_fen"]) == (1, batch.face_fen)


def test_without_redis_a_voucher_is_scanned_quoted_redeemed_and_reversed(
    unlucky: Staffed, own_redis: RedisServer
):
    """A shop notices nothing."""
    batch, citizen, shop = unlucky.batch(), unlucky.citizen(), unlucky.shop()
    voucher = citizen.holds(batch.batch_id)
    with stopped(own_redis):
        scan = shop.scan(citizen.show(), gross_fen=12_000)
        assert [each["applicable"] for each in scan.body["quote"]["vouchers"]] == [True]
        assert shop.redeem(scan.body["scan_token"], [voucher], f"O-{voucher[-8:]}").status == 201
        assert shop.reverse(f"O-{voucher[-8:]}").status == 201
    assert [held["status"] for held in citizen.vouchers()] == ["issued"]


def test_without_redis_a_claim_is_told_to_come_back_and_then_succeeds_with_its_key(
    unlucky: Staffed, own_redis: RedisServer
):
    """503 `gate_closed` with Retry-After, nothing granted; when Redis is back the same key gets the voucher."""
    batch, (early, late) = unlucky.batch(stock=2), unlucky.citizens(2)
    early.claim(batch.batch_id, expect=201)
    with stopped(own_redis):
        refused = late.claim(batch.batch_id, "a-key-that-waits")
        assert (refused.status, refused.code, refused.body["retryable"]) == (503, "gate_closed", True)
        assert int(refused.headers["retry-after"]) >= 1
        assert late.vouchers() == []
    assert late.claim(batch.batch_id, "a-key-that-waits").status == 201
    public = late.door.get(f"/api/v1/campaigns/{batch.campaign_id}", expect=200).body["batches"][0]
    assert (public["stock"], public["remaining"]) == (2, 0)


def test_an_emptied_gate_is_rebuilt_and_the_stock_stays_exact(unlucky: Staffed, own_redis: RedisServer):
    """FLUSHALL in the middle of a batch: the rest is handed out, not one voucher more."""
    batch, crowd = unlucky.batch(stock=8), unlucky.citizens(16)
    for citizen in crowd[:3]:
        citizen.claim(batch.batch_id, expect=201)
    own_redis.client().flushall()
    replies = all_at_once([partial(final_claim, citizen, batch.batch_id) for citizen in crowd[3:]])
    assert Counter(reply.code or "granted" for reply in replies) == {"granted": 5, "sold_out": 8}
    assert unlucky.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == 8
    unlucky.town.audit()


def test_an_emptied_gate_still_knows_who_has_a_voucher(unlucky: Staffed, own_redis: RedisServer):
    """The person marks are gone with FLUSHALL; SQL refuses the second voucher, and the unit goes back."""
    batch, (first, second) = unlucky.batch(stock=2), unlucky.citizens(2)
    first.claim(batch.batch_id, expect=201)
    own_redis.client().flushall()
    assert final_claim(first, batch.batch_id).code == "person_limit"
    assert final_claim(second, batch.batch_id).status == 201
