"""Redeeming: all vouchers of an order or none, one effect per key, a final answer per order number."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.problems import refused


def totals(here: Staffed, batch: Batch) -> dict[str, Any]:
    """The campaign's figures."""
    figures: dict[str, Any] = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    return figures


def test_a_receipt_says_what_everybody_pays_and_the_figures_follow(here: Staffed):
    """Face, used, order amount, customer pays, reimbursed; held → redeemed, subsidy, direct consumption, leverage."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    receipt = shop.redeem(token, [voucher], "O-receipt", gross_fen=15_000, merchant_discount_fen=1_000)
    assert receipt.status == 201
    amounts = {name: fen for name, fen in receipt.body.items() if name.endswith("_fen")}
    assert amounts == {
        "order_fen": 14_000,
        "face_fen": 2_000,
        "used_fen": 2_000,
        "forfeited_fen": 0,
        "customer_pays_fen": 12_000,
        "reimbursed_fen": 2_000,
    }
    assert (receipt.body["holder"], receipt.body["state"]) == ("张*", "redeemed")
    assert [line["voucher_id"] for line in receipt.body["lines"]] == [voucher]
    figures = totals(here, batch)
    assert (figures["held"], figures["redeemed"], figures["verified_vouchers"]) == (0, 1, 1)
    assert (figures["subsidy_fen"], figures["direct_fen"], figures["leverage"]) == (2_000, 14_000, 7.0)
    (listed,) = citizen.scans()
    assert listed["order_no"] == "O-receipt"


def test_one_call_redeems_with_the_code_itself(here: Staffed):
    """No scan before: the same scan row is made, bound to the order, and the code is spent."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    assert shop.redeem(code, [voucher], "O-one-call").status == 201
    (listed,) = citizen.scans()
    assert (listed["result"], listed["purpose"], listed["order_no"]) == ("accepted", "voucher", "O-one-call")
    refused(shop.scan(code), 409, "code_consumed")


def test_a_refused_one_call_redemption_leaves_its_code_good_at_this_till(here: Staffed):
    """The order was too small: with a larger one the same code pays, and elsewhere it is spent."""
    batch, citizen, (shop, other) = here.batch(), here.citizen(), here.shops(2)
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    refused(shop.redeem(code, [voucher], "O-try-again", gross_fen=9_000), 409, "threshold_not_met")
    refused(other.redeem(code, [voucher]), 409, "code_consumed")
    assert shop.redeem(code, [voucher], "O-try-again", gross_fen=11_000).status == 201


def test_two_vouchers_pay_one_order_together(here: Staffed):
    """Both in one redemption, each with its line; the order amount counts once."""
    first, second = here.batch(), here.batch(face_fen=500, threshold_fen=1_000)
    citizen, shop = here.citizen(), here.shop()
    vouchers = [citizen.holds(first.batch_id), citizen.holds(second.batch_id)]
    receipt = shop.redeem(citizen.show(), vouchers, gross_fen=12_000)
    assert (receipt.status, receipt.body["used_fen"], receipt.body["customer_pays_fen"]) == (
        201,
        2_500,
        9_500,
    )
    assert [line["voucher_id"] for line in receipt.body["lines"]] == vouchers
    assert {voucher["status"] for voucher in citizen.vouchers()} == {"redeemed"}
    assert totals(here, first)["direct_fen"] + totals(here, second)["direct_fen"] == 12_000


def test_of_two_vouchers_none_is_used_when_one_does_not_apply(here: Staffed):
    """One is below its threshold, one is somebody else's, one is already used: the good one stays unused each time."""
    low, high, third = here.batch(), here.batch(threshold_fen=50_000), here.batch()
    citizen, stranger, shop = here.citizen(), here.citizen(), here.shop()
    good, short, used = (citizen.holds(batch.batch_id) for batch in (low, high, third))
    foreign = stranger.holds(low.batch_id)
    assert shop.redeem(citizen.show(), [used], gross_fen=13_000).status == 201
    token = shop.scan(citizen.show()).body["scan_token"]
    for other, code in ((short, "threshold_not_met"), (foreign, "voucher_not_found"), (used, "voucher_used")):
        for pair in ([good, other], [other, good]):
            assert (
                refused(shop.redeem(token, pair), 409 if other != foreign else 404, code)["voucher_id"]
                == other
            )
    states = {voucher["voucher_id"]: voucher["status"] for voucher in citizen.vouchers()}
    assert states == {good: "issued", short: "issued", used: "redeemed"}
    assert totals(here, low)["subsidy_fen"] == 0
    assert shop.redeem(token, [good]).status == 201


def test_somebody_elses_voucher_cannot_be_redeemed(here: Staffed):
    """It reads like one that does not exist, and stays with its holder."""
    batch, citizen, stranger, shop = here.batch(), here.citizen(), here.citizen(), here.shop()
    foreign = stranger.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    theirs = refused(shop.redeem(token, [foreign]), 404, "voucher_not_found")
    nobodys = refused(shop.redeem(token, ["vch_nothing"]), 404, "voucher_not_found")
    assert theirs["message"] == nobodys["message"]
    assert stranger.vouchers()[0]["status"] == "issued"
    assert shop.redeem(stranger.show(), [foreign]).status == 201


def test_a_scan_pays_one_order_only(here: Staffed):
    """The second order with the same token is `scan_bound`; its voucher stays unused."""
    first, second, citizen, shop = here.batch(), here.batch(), here.citizen(), here.shop()
    one, two = citizen.holds(first.batch_id), citizen.holds(second.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert shop.redeem(token, [one], "O-first").status == 201
    refused(shop.redeem(token, [two], "O-second"), 409, "scan_bound")
    refused(shop.redeem(token, [two], "O-first"), 409, "order_exists")
    assert {voucher["voucher_id"]: voucher["status"] for voucher in citizen.vouchers()} == {
        one: "redeemed",
        two: "issued",
    }


def test_test_keys_and_live_vouchers_do_not_mix(here: Staffed):
    """The quote says so, the redemption is refused, in both directions; like with like works."""
    live, trial = here.batch(), here.batch(campaign={"is_test": True})
    citizen, till, test_till = here.citizen(), here.shop(), here.zhao.shop(is_test=True)
    assert (till.key_id[:5], test_till.key_id[:5]) == ("live_", "test_")
    real, toy = citizen.holds(live.batch_id), citizen.holds(trial.batch_id)
    for shop, wrong, right in ((till, toy, real), (test_till, real, toy)):
        scanned = shop.scan(citizen.show(), gross_fen=12_000).body
        reasons = {line["voucher_id"]: line["reason"] for line in scanned["quote"]["vouchers"]}
        assert reasons == {wrong: "test_and_live", right: None}
        refused(shop.redeem(scanned["scan_token"], [wrong]), 409, "test_and_live")
        assert shop.redeem(scanned["scan_token"], [right]).status == 201
    assert totals(here, live)["redeemed"] == totals(here, trial)["redeemed"] == 1


@pytest.mark.case(29)
def test_case_29_a_query_by_order_number_is_final(here: Staffed):
    """Not found, refused, redeemed, reversed: each answer holds until a later request with that number."""
    batch, citizen, shop, neighbour = here.batch(), here.citizen(), here.shop(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    refused(shop.find("O-29"), 404, "order_not_found")
    refused(shop.redeem(token, [voucher], "O-29", gross_fen=5_000), 409, "threshold_not_met")
    found = shop.find("O-29").body
    assert (found["state"], found["refusal"], found["receipt"]) == ("refused", "threshold_not_met", None)
    receipt = shop.redeem(token, [voucher], "O-29").body
    found = shop.find("O-29").body
    assert (found["state"], found["refusal"], found["receipt"]) == ("redeemed", None, receipt)
    refused(neighbour.find("O-29"), 404, "order_not_found")
    undone = shop.reverse("O-29").body
    found = shop.find("O-29").body
    assert (found["state"], found["receipt"], found["reversal"]) == ("reversed", receipt, undone)
    refused(
        shop.redeem(shop.scan(citizen.show()).body["scan_token"], [voucher], "O-29"), 409, "order_reversed"
    )
    assert shop.find("O-29").body == found
