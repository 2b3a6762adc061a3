"""Redemptions at the same moment: real parallel requests against running processes, on both databases."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.together import all_at_once, each

pytestmark = pytest.mark.race


def effects(here: Staffed, batch: Batch) -> tuple[int, int, int]:
    """How many redemptions took effect, how many postings they made, and what the subsidy is."""
    lines = "SELECT COUNT(*) FROM redemption_line WHERE campaign_id = :c AND effective"
    posted = "SELECT COUNT(*) FROM transfer WHERE campaign_id = :c AND kind = 'redeem'"
    subsidy = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]["subsidy_fen"]
    return here.town.one(lines, c=batch.campaign_id), here.town.one(posted, c=batch.campaign_id), subsidy


@pytest.mark.case(26)
def test_case_26_one_voucher_at_fifty_tills_is_redeemed_once(here: Staffed):
    """Fifty fresh codes, keys and orders: 1 redeemed, 49 `voucher_used` or `voucher_busy` that becomes it on retry."""
    batch, citizen, shops = here.batch(), here.citizen(), here.shops(50)
    voucher = citizen.holds(batch.batch_id)
    codes = each(shops, lambda _: citizen.show())
    tries = [
        partial(shop.redeem, code, [voucher], f"O-26-{n}", key=f"till-number-{n:02d}")
        for n, (shop, code) in enumerate(zip(shops, codes, strict=True))
    ]
    answers = all_at_once(tries)
    (winner,) = [answer for answer in answers if answer.status == 201]
    assert {answer.body["code"] for answer in answers if answer is not winner} <= {
        "voucher_used",
        "voucher_busy",
    }
    assert {answer.status for answer in answers if answer is not winner} == {409}
    final = [again() for again in tries]
    assert Counter(answer.body.get("code") for answer in final) == {None: 1, "voucher_used": 49}
    (replay,) = [answer for answer in final if answer.status == 200]
    assert replay.body == winner.body
    assert effects(here, batch) == (1, 1, 2_000)
    assert citizen.vouchers()[0]["status"] == "redeemed"


@pytest.mark.case(27)
def test_case_27_the_same_redemption_a_hundred_times_at_once_is_one(here: Staffed):
    """One key and body: the same redemption id and amounts a hundred times, one scan, one redemption, one subsidy."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    answers = all_at_once([lambda: shop.redeem(code, [voucher], "O-hundred", key="a-hundred-times")] * 100)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 99}
    assert all(answer.body == answers[0].body for answer in answers)
    assert effects(here, batch) == (1, 1, 2_000)
    assert len(citizen.scans()) == 1


@pytest.mark.case(1)
def test_case_01_one_code_at_two_tills_at_the_same_moment_is_accepted_at_one(here: Staffed):
    """Ten citizens, two tills each: one redeems, the other gets `code_consumed`."""
    batch, crowd, (t1, t2) = here.batch(), here.citizens(10), here.shops(2)
    held = [(citizen.holds(batch.batch_id), citizen.show()) for citizen in crowd]
    answers = all_at_once([partial(shop.redeem, code, [v]) for v, code in held for shop in (t1, t2)])
    told = Counter((answer.status, answer.body.get("code")) for answer in answers)
    assert told[201, None] == 10
    assert set(told) <= {(201, None), (409, "code_consumed"), (409, "voucher_busy")}
    assert effects(here, batch) == (10, 10, 20_000)
    accepted = [scan["result"] for citizen in crowd for scan in citizen.scans()].count("accepted")
    assert accepted == 10


def test_pairs_of_vouchers_that_overlap_are_redeemed_without_a_voucher_twice(here: Staffed):
    """Three vouchers, every pair and order of them at once: one pair wins whole, no other pair takes half."""
    batches, citizen, shops = [here.batch() for _ in range(3)], here.citizen(), here.shops(6)
    a, b, c = (citizen.holds(batch.batch_id) for batch in batches)
    pairs = [[a, b], [b, a], [b, c], [c, b], [c, a], [a, c]]
    codes = [citizen.show() for _ in pairs]
    answers = all_at_once(
        [partial(shop.redeem, code, pair) for shop, code, pair in zip(shops, codes, pairs, strict=True)]
    )
    (winner,) = [answer for answer in answers if answer.status == 201]
    assert {answer.body["code"] for answer in answers if answer is not winner} <= {
        "voucher_used",
        "voucher_busy",
    }
    paid = {line["voucher_id"] for line in winner.body["lines"]}
    states = {voucher["voucher_id"]: voucher["status"] for voucher in citizen.vouchers()}
    assert {voucher for voucher, status in states.items() if status == "redeemed"} == paid
    assert sum(effects(here, batch)[0] for batch in batches) == 2


@pytest.mark.case(26)
def test_twenty_tills_that_ask_for_the_best_never_take_the_same_voucher(here: Staffed):
    """Three vouchers, one an order: three tills get one each, whatever they looked at before; the others none."""
    batch = here.batch(per_order=1, person_limit=3)
    citizen, shops = here.citizen(), here.shops(20)
    held = {citizen.holds(batch.batch_id) for _ in range(3)}
    codes = each(shops, lambda _: citizen.show())
    tries = [
        partial(shop.redeem, code, "best", f"O-best-{n}", gross_fen=12_000 + n, key=f"best-at-{n:02d}")
        for n, (shop, code) in enumerate(zip(shops, codes, strict=True))
    ]
    first = all_at_once(tries)
    assert {answer.status for answer in first} <= {201, 409}
    final = [again() for again in tries]
    granted = [answer for answer in final if answer.status < 300]
    assert sorted(answer.body["lines"][0]["voucher_id"] for answer in granted) == sorted(held)
    assert Counter(answer.body.get("code") for answer in final) == {None: 3, "none_applies": 17}
    assert effects(here, batch) == (3, 3, 6_000)
