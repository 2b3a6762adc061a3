"""Refunds in full: once, with the old expiry, also before the redemption arrives, also after the voucher expired.

Refunds of parts: to the fen, never more than the order.
"""

from __future__ import annotations

from typing import Any

import pytest

from merchant_api.client.till import Answer
from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.problems import refused

DAY_MS = 86_400_000


def balances(here: Staffed, batch: Batch) -> dict[str, int]:
    """The campaign's accounts, from its postings."""
    rows = here.town.rows(
        "SELECT account, SUM(fen) AS fen FROM ("
        " SELECT credit AS account, amount_fen AS fen FROM transfer WHERE campaign_id = :c"
        " UNION ALL SELECT debit, -amount_fen FROM transfer WHERE campaign_id = :c) AS both_sides GROUP BY account",
        c=batch.campaign_id,
    )
    return {row["account"]: int(row["fen"]) for row in rows}


def figures(here: Staffed, batch: Batch) -> dict[str, Any]:
    """The campaign's figures."""
    totals: dict[str, Any] = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    return totals


@pytest.mark.case(32)
def test_case_32_a_full_refund_gives_the_voucher_back_with_its_old_expiry_and_the_money_once(here: Staffed):
    """Also when asked again with the same and with a new key; the claim limit is used up as before."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    (held,) = citizen.vouchers()
    before = balances(here, batch)
    assert shop.redeem(citizen.show(), [voucher], "O-32").status == 201
    assert balances(here, batch) == {**before, "issued": before["issued"] - 2_000, "payable": 2_000}
    undone = shop.reverse("O-32", "退货", key="refund-key-32")
    assert undone.status == 201
    told = {name: undone.body[name] for name in ("state", "reversed_fen", "returned", "expired")}
    assert told == {"state": "reversed", "reversed_fen": 12_000, "returned": [voucher], "expired": []}
    same_key = shop.reverse("O-32", "退货", key="refund-key-32")
    new_key = shop.reverse("O-32", "再退一次")
    assert (same_key.status, same_key.replayed, same_key.body) == (200, True, undone.body)
    assert (new_key.status, new_key.replayed, new_key.body) == (200, False, undone.body)
    assert citizen.vouchers() == [held]
    assert balances(here, batch) == {**before, "payable": 0}
    totals = figures(here, batch)
    assert (totals["held"], totals["redeemed"], totals["reversed"]) == (1, 0, 1)
    assert (totals["verified_vouchers"], totals["subsidy_fen"], totals["direct_fen"]) == (0, 0, 0)
    refused(citizen.claim(batch.batch_id), 409, "person_limit")
    assert shop.redeem(citizen.show(), [voucher], "O-32-again").status == 201


def test_a_refund_of_two_vouchers_returns_both(here: Staffed):
    """All of the order or nothing, in this direction too."""
    first, second, citizen, shop = here.batch(), here.batch(face_fen=700), here.citizen(), here.shop()
    vouchers = sorted([citizen.holds(first.batch_id), citizen.holds(second.batch_id)])
    assert shop.redeem(citizen.show(), vouchers, "O-both").status == 201
    assert shop.reverse("O-both").body["returned"] == vouchers
    assert {voucher["status"] for voucher in citizen.vouchers()} == {"issued"}


@pytest.mark.case(33)
def test_case_33_after_expiry_the_money_comes_back_and_the_voucher_stays_expired(here: Staffed):
    """The reply says so, the face is released, and nothing can be redeemed with it."""
    batch, citizen, shop = here.batch(valid_days=1), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher], "O-33").status == 201
    before = balances(here, batch)
    here.town.advance(DAY_MS)
    undone = shop.reverse("O-33").body
    assert (undone["state"], undone["returned"], undone["expired"]) == ("reversed", [], [voucher])
    assert balances(here, batch) == {**before, "payable": 0, "released": before.get("released", 0) + 2_000}
    assert citizen.vouchers()[0]["status"] == "expired"
    assert (figures(here, batch)["expired"], figures(here, batch)["held"]) == (1, 0)
    refused(shop.redeem(citizen.show(), [voucher], "O-33-again"), 409, "voucher_expired")


@pytest.mark.case(36)
def test_case_36_a_reversal_that_arrives_first_spends_the_order_number(here: Staffed):
    """The late redemption is answered `order_reversed` and has no effect; another number works."""
    batch, citizen, shop, neighbour = here.batch(), here.citizen(), here.shop(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    first = shop.reverse("O-36", "超时撤销")
    assert first.status == 201
    assert {name: first.body[name] for name in ("redemption_id", "reversed_fen", "returned", "expired")} == {
        "redemption_id": None,
        "reversed_fen": 0,
        "returned": [],
        "expired": [],
    }
    code = citizen.show()
    refused(shop.redeem(code, [voucher], "O-36", key="the-late-one-36"), 409, "order_reversed")
    refused(shop.redeem(code, [voucher], "O-36", key="the-late-one-36"), 409, "order_reversed")
    assert citizen.vouchers()[0]["status"] == "issued"
    assert figures(here, batch)["subsidy_fen"] == 0
    assert shop.reverse("O-36", "再撤一次").body == first.body
    assert (shop.find("O-36").body["state"], shop.find("O-36").body["reversal"]) == ("reversed", first.body)
    assert shop.redeem(code, [voucher], "O-36-next").status == 201
    assert neighbour.reverse("O-36-next", "别家的订单").body["redemption_id"] is None
    assert shop.find("O-36-next").body["state"] == "redeemed", "another merchant's number is another number"


def test_a_refused_order_can_be_reversed_and_is_then_spent(here: Staffed):
    """`refused` may become `reversed`, and that is the end of the number."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    refused(shop.redeem(token, [voucher], "O-cancelled", gross_fen=100), 409, "threshold_not_met")
    assert shop.reverse("O-cancelled").status == 201
    refused(shop.redeem(token, [voucher], "O-cancelled"), 409, "order_reversed")
    assert shop.find("O-cancelled").body["state"] == "reversed"


def gives(answer: Answer) -> tuple[int, int, int]:
    """What a refund took off the order, and what of it the customer and the budget got."""
    assert answer.status == 201, answer.body
    return (
        answer.body["reversed_fen"],
        answer.body["customer_gets_fen"],
        answer.body["subsidy_returned_fen"],
    )


@pytest.mark.case(34)
def test_case_34_two_halves_give_back_what_was_paid_and_one_fen_more_is_refused(here: Staffed):
    """Order 10000 with a 2000 voucher: 4000 and 1000, twice; the voucher is not returned."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    before = balances(here, batch)
    assert shop.redeem(citizen.show(), [voucher], "O-34", gross_fen=10_000).body["customer_pays_fen"] == 8_000
    first = shop.reverse("O-34", "退一件", key="refund-34-first", refund_fen=5_000)
    assert gives(first) == (5_000, 4_000, 1_000)
    assert (first.body["state"], first.body["refunded_fen"], first.body["refundable_fen"]) == (
        "redeemed",
        5_000,
        5_000,
    )
    totals = figures(here, batch)
    assert (totals["verified_vouchers"], totals["subsidy_fen"], totals["direct_fen"]) == (1, 1_000, 5_000)
    again = shop.reverse("O-34", "退一件", key="refund-34-first", refund_fen=5_000)
    assert (again.status, again.replayed, again.body) == (200, True, first.body)
    assert gives(shop.reverse("O-34", "再退一件", refund_fen=5_000)) == (5_000, 4_000, 1_000)
    more = shop.reverse("O-34", "多退一分", key="refund-34-more", refund_fen=1)
    assert refused(more, 409, "refund_exceeds")["refundable_fen"] == 0
    refused(shop.reverse("O-34", "多退一分", key="refund-34-more", refund_fen=1), 409, "refund_exceeds")
    assert citizen.vouchers()[0]["status"] == "redeemed"
    found = shop.find("O-34").body
    assert (found["state"], [each["reversed_fen"] for each in found["refunds"]]) == (
        "redeemed",
        [5_000, 5_000],
    )
    assert found["refunds"][0]["reason"] == "退一件"
    assert balances(here, batch) == {
        **before,
        "issued": before["issued"] - 2_000,
        "payable": 0,
        "released": before.get("released", 0) + 2_000,
    }
    totals = figures(here, batch)
    assert (totals["verified_vouchers"], totals["subsidy_fen"], totals["direct_fen"]) == (1, 0, 0)
    refused(shop.redeem(citizen.show(), [voucher], "O-34-again"), 409, "voucher_used")


@pytest.mark.case(34)
def test_case_34_parts_that_do_not_divide_add_up_to_the_fen(here: Staffed):
    """Three vouchers of two batches on an odd order, refunded in odd parts: the sums are what was paid."""
    first, second = here.batch(person_limit=2), here.batch(face_fen=701)
    citizen, shop = here.citizen(), here.shop()
    vouchers = [citizen.holds(batch.batch_id) for batch in (first, first, second)]
    receipt = shop.redeem(citizen.show(), vouchers, "O-34-odd", gross_fen=10_007).body
    parts = [gives(shop.reverse("O-34-odd", refund_fen=fen)) for fen in (1, 3_333, 2, 4_999)]
    rest = shop.reverse("O-34-odd", "其余全退")
    assert gives(rest)[0] == 10_007 - 8_335, "without an amount it is all that is left"
    assert [sum(column) for column in zip(*parts, gives(rest), strict=True)] == [
        10_007,
        receipt["customer_pays_fen"],
        receipt["used_fen"],
    ]
    assert rest.body["returned"] == [], "only the first reversal of a whole order returns vouchers"
    refused(shop.reverse("O-34-odd"), 409, "refund_exceeds")
    assert [figures(here, batch)["subsidy_fen"] for batch in (first, second)] == [0, 0]


def test_a_refund_of_the_whole_amount_is_a_reversal_and_returns_the_voucher(here: Staffed):
    """Said in fen or not; said again, it has the same answer; less than the whole is too much now."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher], "O-whole").status == 201
    whole = shop.reverse("O-whole", "全退", refund_fen=12_000)
    assert (gives(whole), whole.body["returned"]) == ((12_000, 10_000, 2_000), [voucher])
    assert shop.reverse("O-whole").body == whole.body
    refused(shop.reverse("O-whole", refund_fen=12_000), 409, "order_reversed")
    refused(shop.reverse("O-whole", refund_fen=1), 409, "order_reversed")


def test_a_part_of_what_was_never_redeemed_cannot_be_refunded(here: Staffed):
    """An unknown number, and one whose redemption was refused; both may still be redeemed."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    refused(shop.reverse("O-part", refund_fen=1), 404, "order_not_found")
    refused(shop.redeem(citizen.show(), [voucher], "O-part", gross_fen=100), 409, "threshold_not_met")
    refused(shop.reverse("O-part", refund_fen=1), 409, "order_not_redeemed")
    assert shop.redeem(citizen.show(), [voucher], "O-part").status == 201


@pytest.mark.parametrize("fen", [0, -1, 1.5, "100", 100_000_000_01])
def test_a_refund_of_a_senseless_amount_is_refused(here: Staffed, fen: Any):
    """At the door, before anything is looked at."""
    refused(here.shop().reverse("O-senseless", refund_fen=fen), 400, "amount_invalid")


@pytest.mark.case(35)
def test_case_35_a_refund_after_settlement_is_a_negative_line_of_the_next_batch(here: Staffed):
    """The closed batch stays as it is byte for byte; what is refunded meanwhile nets in the next one."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher], "O-35", gross_fen=10_000).status == 201
    here.town.advance(1_000)
    closed = here.zhao.settled(batch.campaign_id, here.town.now())
    assert [line["net_fen"] for line in closed["lines"]] == [2_000]
    assert gives(shop.reverse("O-35", "退一件", refund_fen=2_500)) == (2_500, 2_000, 500)
    here.town.advance(1_000)
    after = here.zhao.settled(batch.campaign_id, here.town.now())
    assert [(line["merchant_id"], line["net_fen"]) for line in after["lines"]] == [(shop.merchant_id, -500)]
    assert here.zhao.get(f"/settlements/{closed['settlement_id']}") == closed


def test_a_voucher_is_redeemed_ten_times_at_the_most(here: Staffed):
    """After ten redemptions that came back the eleventh is refused, in the quote too."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    for number in range(10):
        assert shop.redeem(citizen.show(), [voucher], f"O-cycle-{number}").status == 201
        assert shop.reverse(f"O-cycle-{number}").status == 201
    token = shop.scan(citizen.show()).body["scan_token"]
    (quoted,) = shop.quote(token, 12_000).body["vouchers"]
    assert (quoted["applicable"], quoted["reason"]) == (False, "voucher_cycles")
    refused(shop.redeem(token, [voucher], "O-cycle-10"), 409, "voucher_cycles")
