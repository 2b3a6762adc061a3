"""For what, when, where and with which others vouchers are redeemed: what the till is told, and what is paid."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.instants import weekday_and_minute
from merchant_api.client.till import Answer
from tests.conftest import Staffed
from tests.kit.people import Shop
from tests.kit.problems import refused

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def told(shop: Shop, token: str, gross_fen: int = 12_000, **more: Any) -> dict[str, dict[str, Any]]:
    """What the quote says of each voucher."""
    answer = shop.quote(token, gross_fen, **more)
    assert answer.status == 200, answer.body
    return {line["voucher_id"]: line for line in answer.body["vouchers"]}


def paid(answer: Answer) -> tuple[int, ...]:
    """Used, forfeited, what the customer pays, what the merchant gets back."""
    assert answer.status == 201, answer.body
    words = ("used_fen", "forfeited_fen", "customer_pays_fen", "reimbursed_fen")
    return tuple(answer.body[word] for word in words)


@pytest.mark.case(22)
def test_case_22_only_eligible_goods_count_and_are_paid(here: Staffed):
    """5000 of dining beside 8000 of tobacco: 5000 short. 12000 beside 8000: the voucher comes off the 12000."""
    batch, citizen, shop = here.batch(goods_out=["tobacco", "alcohol"]), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    small, large = {"dining": 5_000, "tobacco": 8_000}, {"dining": 12_000, "tobacco": 8_000}
    line = told(shop, token, 13_000, items=small)[voucher]
    assert (line["reason"], line["shortfall_fen"], line["eligible_fen"]) == (
        "threshold_not_met",
        5_000,
        5_000,
    )
    problem = refused(shop.redeem(token, [voucher], gross_fen=13_000, items=small), 409, "threshold_not_met")
    assert problem["shortfall_fen"] == 5_000
    line = told(shop, token, 20_000, items=large)[voucher]
    assert (line["applicable"], line["discount_fen"], line["eligible_fen"]) == (True, 2_000, 12_000)
    receipt = shop.redeem(token, [voucher], gross_fen=20_000, items=large)
    assert paid(receipt) == (2_000, 0, 18_000, 2_000)
    assert receipt.body["lines"][0]["eligible_fen"] == 12_000


@pytest.mark.case(22)
def test_case_22_the_table_itself_refuses_a_line_that_pays_for_more_than_its_goods_cost(here: Staffed):
    """Whatever the rules would say."""
    batch, citizen, shop = here.batch(goods_in=["dining"]), here.citizen(), here.shop()
    receipt = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], items={"dining": 12_000})
    paid_too_much = "UPDATE redemption_line SET eligible_fen = subsidy_fen - 1 WHERE redemption_id = :id"
    with pytest.raises(IntegrityError, match="ck_redemption_line_eligible"):
        here.town.execute(paid_too_much, id=receipt.body["redemption_id"])


@pytest.mark.case(22)
def test_case_22_a_percentage_is_of_the_eligible_goods_and_ends_at_its_cap(here: Staffed):
    """A fifth of 12000 and of 40000, with a cap of 5000; a fifth of 9999 is rounded down."""
    batch = here.batch(
        kind="percent", off_bp=2_000, face_fen=5_000, threshold_fen=0, goods_in=["dining"], person_limit=3
    )
    citizen, shop = here.citizen(), here.shop()
    for dining, used in ((12_000, 2_400), (40_000, 5_000), (9_999, 1_999)):
        voucher, items = citizen.holds(batch.batch_id), {"dining": dining, "tobacco": 8_000}
        receipt = shop.redeem(citizen.show(), [voucher], gross_fen=dining + 8_000, items=items)
        assert paid(receipt) == (used, 0, dining + 8_000 - used, used)


def test_a_voucher_for_certain_goods_asks_for_the_basket(here: Staffed):
    """Without items it does not apply, and the till is told why; with them it does."""
    batch, citizen, shop = here.batch(goods_in=["dining"]), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert told(shop, token)[voucher]["reason"] == "basket_needed"
    refused(shop.redeem(token, [voucher]), 409, "basket_needed")
    assert shop.redeem(token, [voucher], items={"dining": 12_000}).status == 201


@pytest.mark.case(21)
def test_case_21_items_that_are_not_the_order_are_refused_at_every_door(here: Staffed):
    """One fen less, one fen more, before the merchant's discount, a fraction: `amount_invalid` names the field."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    for wrong in ({"dining": 9_999}, {"dining": 10_001}, {"dining": 4_000, "tobacco": 8_000}):
        problem = refused(shop.quote(token, 12_000, 2_000, items=wrong), 400, "amount_invalid")
        assert (problem["errors"][0]["field"], problem["order_fen"]) == ("items", 10_000)
        answer = shop.redeem(token, [voucher], merchant_discount_fen=2_000, items=wrong)
        refused(answer, 400, "amount_invalid")
    half: dict[str, Any] = {"dining": 0.5, "tobacco": 9_999.5}
    problem = refused(shop.quote(token, 12_000, 2_000, items=half), 400, "amount_invalid")
    assert {fault["field"] for fault in problem["errors"]} == {"items.0.amount_fen", "items.1.amount_fen"}
    refused(shop.quote(token, 12_000, items={"gold bars": 12_000}), 400, "request_invalid")
    assert shop.quote(token, 12_000, 2_000, items={"dining": 0, "tobacco": 10_000}).status == 200


@pytest.mark.case(23)
def test_case_23_two_of_an_exclusive_group_conflict_and_none_is_consumed(here: Staffed):
    """Also of two campaigns, in either order; the best one is told and each alone works."""
    low, high = here.batch(exclusive_group="迎新"), here.batch(exclusive_group="迎新", face_fen=3_000)
    citizen, shop = here.citizen(), here.shop()
    pair = [citizen.holds(low.batch_id), citizen.holds(high.batch_id)]
    token = shop.scan(citizen.show()).body["scan_token"]
    for both in (pair, pair[::-1]):
        problem = refused(shop.redeem(token, both), 409, "stacking_conflict")
        assert problem["exclusive_group"] == "迎新"
    assert {voucher["status"] for voucher in citizen.vouchers()} == {"issued"}
    lines = told(shop, token)
    assert all(line["applicable"] for line in lines.values()), "each alone applies"
    assert (lines[pair[1]]["in_best"], lines[pair[0]]["left_out"]) == (True, "stacking_conflict")
    chosen = shop.quote(token, 12_000, voucher_ids=pair).body["chosen"]
    assert (chosen["applicable"], chosen["reason"], chosen["discount_fen"]) == (False, "stacking_conflict", 0)
    assert shop.redeem(token, pair[:1]).status == 201


@pytest.mark.case(23)
def test_case_23_a_permitted_pair_is_redeemed_together_or_not_at_all(here: Staffed):
    """Two of a batch that allows two an order; with the third none; below one's threshold none."""
    two, dear = here.batch(per_order=2, person_limit=3), here.batch(threshold_fen=50_000)
    citizen, shop = here.citizen(), here.shop()
    three = [citizen.holds(two.batch_id) for _ in range(3)]
    other = citizen.holds(dear.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert refused(shop.redeem(token, three), 409, "stacking_conflict")["per_order"] == 2
    refused(shop.redeem(token, [*three[:2], other]), 409, "threshold_not_met")
    assert {voucher["status"] for voucher in citizen.vouchers()} == {"issued"}
    chosen = shop.quote(token, 12_000, voucher_ids=three[:2]).body["chosen"]
    assert (chosen["applicable"], chosen["customer_pays_fen"]) == (True, 8_000)
    assert paid(shop.redeem(token, three[:2])) == (4_000, 0, 8_000, 4_000)
    assert [voucher["status"] for voucher in citizen.vouchers()].count("redeemed") == 2


@pytest.mark.case(24)
def test_case_24_never_below_zero(here: Staffed):
    """Face 2000 on an order of 1500: pays 0, used 1500, forfeited 500, reimbursed 1500; the rest is released."""
    batch, citizen, shop = here.batch(kind="cash", threshold_fen=1_000), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert told(shop, token, 1_500)[voucher]["discount_fen"] == 1_500
    receipt = shop.redeem(token, [voucher], gross_fen=1_500)
    assert paid(receipt) == (1_500, 500, 0, 1_500)
    line = receipt.body["lines"][0]
    assert (line["kind"], line["face_fen"], line["used_fen"], line["forfeited_fen"]) == (
        "cash",
        2_000,
        1_500,
        500,
    )
    released = "SELECT amount_fen FROM transfer WHERE campaign_id = :c AND credit = 'released'"
    assert here.town.one(released, c=batch.campaign_id) == 500


@pytest.mark.case(25)
def test_case_25_each_wrong_place_has_a_code_and_says_what_is_right(here: Staffed):
    """Another merchant, category, area: the quote and the redemption say which, and nothing is consumed."""
    right, elsewhere = here.shop(), here.zhao.shop("振风塔酒店", category="住宿", area="孝肃路街道")
    citizen = here.citizen()
    limits: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
        "merchant": ({"merchant_ids": [right.merchant_id]}, "wrong_merchant", {"merchants": 1}),
        "category": ({"categories": ["餐饮"]}, "wrong_category", {"categories": ["餐饮"]}),
        "area": ({"areas": ["菱湖街道"]}, "wrong_area", {"areas": ["菱湖街道"]}),
    }
    for terms, code, facts in limits.values():
        voucher = citizen.holds(here.batch(**terms).batch_id)
        there, at_home = (shop.scan(citizen.show()).body["scan_token"] for shop in (elsewhere, right))
        line = told(elsewhere, there)[voucher]
        assert (line["applicable"], line["reason"], line["facts"]) == (False, code, facts)
        problem = refused(elsewhere.redeem(there, [voucher]), 409, code)
        assert {name: problem[name] for name in facts} == facts and problem["voucher_id"] == voucher
        assert told(right, at_home)[voucher]["applicable"]
        assert right.redeem(at_home, [voucher]).status == 201


@pytest.mark.case(25)
def test_case_25_the_wrong_hour_is_refused_and_the_right_one_comes(here: Staffed):
    """For today from 11 to 14 only: before it `wrong_hours` with what is right, in it the voucher pays."""
    here.town.advance(DAY_MS - (here.town.now() + 8 * HOUR_MS) % DAY_MS + 9 * HOUR_MS)  # nine in the morning
    right = {
        "weekdays": [weekday_and_minute(here.town.now())[0]],
        "hours": [{"from": "11:00", "to": "14:00"}],
    }
    batch, citizen, shop = here.batch(**right), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert (told(shop, token)[voucher]["reason"], told(shop, token)[voucher]["facts"]) == (
        "wrong_hours",
        right,
    )
    problem = refused(shop.redeem(token, [voucher]), 409, "wrong_hours")
    assert problem["hours"] == right["hours"]
    here.town.advance(2 * HOUR_MS)
    assert shop.redeem(citizen.show(), [voucher]).status == 201


@pytest.mark.case(25)
def test_case_25_who_is_suspended_is_told_so_and_another_stores_key_opens_nothing(here: Staffed):
    """Merchant, store, terminal: a code each, at once, and no effect; a scan of another store's till is no proof."""
    batch, citizen, shop, other = here.batch(), here.citizen(), here.shop(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    refused(other.redeem(token, [voucher]), 409, "scan_token_invalid")
    store = here.town.one("SELECT store_id FROM terminal WHERE id = :t", t=shop.terminal_id)
    ids = {"merchant": shop.merchant_id, "store": store, "terminal": shop.terminal_id}
    for table, name in ids.items():
        change = f"UPDATE {table} SET status = :status WHERE id = :id"
        here.town.execute(change, status="suspended", id=name)
        refused(shop.quote(token, 12_000), 403, f"{table}_suspended")
        refused(shop.redeem(token, [voucher]), 403, f"{table}_suspended")
        here.town.execute(change, status="active", id=name)
    assert shop.redeem(token, [voucher]).status == 201
