"""Refunds in full: once, with the old expiry, also before the redemption arrives, also after the voucher expired."""

from __future__ import annotations

from typing import Any

import pytest

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
