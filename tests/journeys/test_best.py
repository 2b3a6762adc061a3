"""The best combination: told in every quote, taken by "best", and the same however often the till repeats itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Citizen
from tests.kit.problems import refused


def wallet(here: Staffed) -> tuple[Citizen, dict[str, str]]:
    """20 yuan and 30 yuan of one exclusive group, 5 yuan for all, 99 yuan on a large order only."""
    citizen = here.citizen()
    batches: dict[str, dict[str, Any]] = {
        "twenty": {"exclusive_group": "迎新"},
        "thirty": {"exclusive_group": "迎新", "face_fen": 3_000},
        "five": {"face_fen": 500, "threshold_fen": 0, "kind": "cash"},
        "large": {"face_fen": 9_900, "threshold_fen": 50_000},
    }
    return citizen, {name: citizen.holds(here.batch(**terms).batch_id) for name, terms in batches.items()}


@pytest.mark.case(19)
def test_case_19_a_quote_tells_the_best_combination_and_why_the_rest_stays(here: Staffed):
    """30 and 5 together; the 20 conflicts, the 99 is short; ten quotes change nothing."""
    citizen, held = wallet(here)
    shop = here.shop()
    token = shop.scan(citizen.show()).body["scan_token"]
    before = citizen.vouchers()
    quotes = [shop.quote(token, 12_000).body for _ in range(10)]
    assert all(quote == quotes[0] for quote in quotes) and citizen.vouchers() == before
    best = quotes[0]["best"]
    assert best["voucher_ids"] == [held["thirty"], held["five"]]
    assert (best["discount_fen"], best["customer_pays_fen"], best["is_proven"]) == (3_500, 8_500, True)
    lines = {line["voucher_id"]: line for line in quotes[0]["vouchers"]}
    assert {name for name, voucher in held.items() if lines[voucher]["in_best"]} == {"thirty", "five"}
    assert lines[held["twenty"]]["left_out"] == "stacking_conflict"
    assert (lines[held["large"]]["reason"], lines[held["large"]]["shortfall_fen"]) == (
        "threshold_not_met",
        38_000,
    )
    assert "满100元减20元" in lines[held["twenty"]]["rule"] and "CNY 20 off" in lines[held["twenty"]]["rule"]


def test_best_redeems_what_the_quote_told_and_a_replay_is_the_same(here: Staffed):
    """The answer says which vouchers were taken; the key repeats it, although the wallet has changed."""
    citizen, held = wallet(here)
    shop = here.shop()
    told = shop.scan(citizen.show(), gross_fen=12_000).body
    receipt = shop.redeem(told["scan_token"], "best", "O-best", key="best-of-a-wallet")
    assert receipt.status == 201
    assert [line["voucher_id"] for line in receipt.body["lines"]] == told["quote"]["best"]["voucher_ids"]
    assert (receipt.body["used_fen"], receipt.body["customer_pays_fen"]) == (3_500, 8_500)
    again = shop.redeem(told["scan_token"], "best", "O-best", key="best-of-a-wallet")
    assert again.replayed and again.body == receipt.body
    assert shop.find("O-best").body["receipt"] == receipt.body
    left = {voucher["voucher_id"] for voucher in citizen.vouchers() if voucher["status"] == "issued"}
    assert left == {held["twenty"], held["large"]}


def test_best_works_with_the_code_itself_and_says_when_nothing_applies(here: Staffed):
    """One call without a scan before; with an order that is too small, and with an empty wallet: `none_applies`."""
    citizen, shop = here.citizen(), here.shop()
    refused(shop.redeem(citizen.show(), "best"), 409, "none_applies")
    voucher = citizen.holds(here.batch().batch_id)
    code = citizen.show()
    refused(shop.redeem(code, "best", "O-small", gross_fen=9_999), 409, "none_applies")
    receipt = shop.redeem(code, "best", "O-small")
    assert [line["voucher_id"] for line in receipt.body["lines"]] == [voucher]


def test_best_of_a_basket_leaves_excluded_goods_alone(here: Staffed):
    """Two cash vouchers for dining on 2500 of dining: the second one pays what is left of it, the tobacco nobody."""
    batch = here.batch(kind="cash", threshold_fen=0, goods_in=["dining"], person_limit=3)
    citizen, shop = here.citizen(), here.shop()
    three = [citizen.holds(batch.batch_id) for _ in range(3)]
    receipt = shop.redeem(citizen.show(), "best", gross_fen=10_000, items={"dining": 2_500, "tobacco": 7_500})
    assert [line["used_fen"] for line in receipt.body["lines"]] == [2_000, 500]
    assert [line["voucher_id"] for line in receipt.body["lines"]] == three[:2]
    assert receipt.body["customer_pays_fen"] == 7_500
