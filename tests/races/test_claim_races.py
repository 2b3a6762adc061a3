"""Claims at the same moment: real parallel requests against running processes, on both databases."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.crowd import Crowd
from tests.kit.people import Citizen
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race


@pytest.mark.case(11)
def test_case_11_fifty_vouchers_go_to_exactly_fifty_of_two_hundred(here: Staffed):
    """Exactly the stock is handed out: by the answers, and by a later read of the state."""
    batch = here.batch(stock=50)
    crowd = here.citizens(200)
    replies = all_at_once([partial(citizen.claim, batch.batch_id) for citizen in crowd])
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (201, None): 50,
        (409, "sold_out"): 150,
    }
    figures = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (figures["claimed"], figures["available"]) == (50, 0)
    assert here.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == 50


def test_five_hundred_vouchers_go_to_exactly_five_hundred_of_two_thousand(here: Staffed):
    """Two hundred connections at once until everybody has asked; afterwards each winner has one, and no other."""
    batch, crowd = here.batch(stock=500), Crowd(here.town, 2_000)
    words = crowd.claim(batch.batch_id, patience_s=30)
    assert Counter(words) == {(201, None): 500, (409, "sold_out"): 1_500}
    counts = (
        "SELECT COUNT(*) AS vouchers, COUNT(DISTINCT citizen_id) AS people FROM voucher WHERE batch_id = :b"
    )
    assert here.town.rows(counts, b=batch.batch_id) == [{"vouchers": 500, "people": 500}]


@pytest.mark.case(12)
@pytest.mark.parametrize("limit", [1, 3])
def test_case_12_twenty_parallel_claims_of_one_citizen_give_exactly_the_limit(here: Staffed, limit: int):
    """Twenty keys at once: as many vouchers as the limit allows, and the stock falls by just that many."""
    batch, citizen = here.batch(stock=40, person_limit=limit), here.citizen()
    replies = all_at_once([lambda: citizen.claim(batch.batch_id)] * 20)
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (201, None): limit,
        (409, "person_limit"): 20 - limit,
    }
    assert len(citizen.vouchers()) == limit
    (public,) = citizen.door.get(f"/api/v1/campaigns/{batch.campaign_id}").body["batches"]
    assert public["remaining"] == 40 - limit


@pytest.mark.case(13)
@pytest.mark.case(27)
def test_case_27_the_same_claim_thirty_times_at_once_is_one_claim(here: Staffed):
    """One key: one 201, the rest replays of the same body, one voucher, one unit of stock; nobody is turned away."""
    batch, citizen = here.batch(stock=1), here.citizen()
    replies = all_at_once([lambda: citizen.claim(batch.batch_id, key="thirty-at-once")] * 30)
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 29}
    assert len({reply.body["voucher"]["voucher_id"] for reply in replies}) == 1
    assert all(reply.body == replies[0].body for reply in replies)
    assert len(citizen.vouchers()) == 1
    assert here.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == 1


@pytest.mark.case(9)
def test_case_09_stock_raised_while_a_crowd_claims_is_handed_out_to_the_last_unit(here: Staffed):
    """10 raised to 25 among 60 claims: nothing is lost, nothing oversold; who was turned away asks again by the key."""
    batch, crowd = here.batch(stock=10), here.citizens(60)
    path = f"/organizer/v1/batches/{batch.batch_id}"
    claims = [
        partial(citizen.claim, batch.batch_id, key=f"raised-{n:04d}") for n, citizen in enumerate(crowd)
    ]
    raised, *replies = all_at_once([partial(here.zhao.door.patch, path, {"stock": 25}), *claims])
    assert raised.status == 200
    assert {reply.status for reply in replies} <= {201, 409, 503}
    later = [claim() for claim in claims]
    granted = [reply for reply in later if reply.status in (200, 201)]
    assert len(granted) == 25
    for first, second in zip(replies, later, strict=True):
        assert first.status != 201 or second.body == first.body, "a granted answer never changes"
    assert {reply.code for reply in later if reply.status == 409} == {"sold_out"}
    assert here.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == 25


@pytest.mark.case(15)
def test_case_15_one_person_applying_through_ten_phones_at_once_gets_one_code(here: Staffed):
    """One 201 and nine `duplicate_person`; one citizen row."""
    first = Citizen(here.town)
    phones = [Citizen(here.town, number=first.id_number).sign_in() for _ in range(10)]
    body = {"name": "张三丰", "id_number": first.id_number}
    before = here.town.one("SELECT COUNT(*) FROM citizen")
    replies = all_at_once([partial(phone.door.post, "/api/v1/ankang-code", body) for phone in phones])
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (201, None): 1,
        (409, "duplicate_person"): 9,
    }
    assert here.town.one("SELECT COUNT(*) FROM citizen") == before + 1
