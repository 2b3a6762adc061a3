"""Guards of the till at the same moment: caps of the day, the same purchase twice."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.together import all_at_once, each

pytestmark = pytest.mark.race
FACE_FEN = 500


@pytest.mark.case(30)
def test_case_30_what_is_left_of_the_days_subsidy_is_paid_to_the_fen_and_never_above(here: Staffed):
    """1,000 fen left of the day, twenty redemptions of 500 by twenty people: two; tomorrow there is more."""
    batch = here.batch(campaign={"day_subsidy_fen": 1_000}, face_fen=FACE_FEN)
    crowd, shops = here.citizens(20), here.shops(20)
    held = [(citizen.holds(batch.batch_id), citizen.show()) for citizen in crowd]
    tries = [
        partial(shop.redeem, code, [voucher], f"O-30-{n}", key=f"case-30-till-{n:02d}")
        for n, (shop, (voucher, code)) in enumerate(zip(shops, held, strict=True))
    ]
    answers = all_at_once(tries)
    told = Counter((answer.status, answer.body.get("code")) for answer in answers)
    assert told == {(201, None): 2, (409, "budget_exhausted"): 18}
    spent = "SELECT SUM(subsidy_fen) FROM redemption_line WHERE campaign_id = :c AND effective"
    assert here.town.one(spent, c=batch.campaign_id) == 1_000
    refused = next(n for n, answer in enumerate(answers) if answer.status == 409)
    assert answers[refused].body["left_fen"] < FACE_FEN
    assert tries[refused]().body["code"] == "budget_exhausted"
    here.town.advance(86_400_000)
    answer = shops[0].redeem(crowd[refused].show(), [held[refused][0]])
    assert answer.status == 201, answer.body


@pytest.mark.case(31)
def test_case_31_ten_equal_purchases_at_once_are_one(here: Staffed):
    """One citizen's ten vouchers at ten tills of a store, equal amounts: one passes, nine look like it."""
    batch, citizen, shops = here.batch(person_limit=20), here.citizen(), here.shops(10)
    vouchers = each(shops, lambda _: citizen.holds(batch.batch_id))
    codes = each(shops, lambda _: citizen.show())
    answers = all_at_once(
        [
            partial(shop.redeem, code, [voucher])
            for shop, code, voucher in zip(shops, codes, vouchers, strict=True)
        ]
    )
    told = Counter((answer.status, answer.body.get("code")) for answer in answers)
    assert told == {(201, None): 1, (409, "possible_duplicate"): 9}
