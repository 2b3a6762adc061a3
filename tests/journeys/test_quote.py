"""The quote: which vouchers apply to an order, which not and why, what is short; and nothing changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Shop
from tests.kit.problems import refused


def judged(
    shop: Shop, token: str, gross_fen: int, discount_fen: int = 0
) -> tuple[bool, str | None, int | None, int]:
    """The one voucher's verdict: applicable, reason, shortfall, discount."""
    answer = shop.quote(token, gross_fen, discount_fen)
    assert answer.status == 200 and answer.body["order_fen"] == gross_fen - discount_fen
    (voucher,) = answer.body["vouchers"]
    return voucher["applicable"], voucher["reason"], voucher["shortfall_fen"], voucher["discount_fen"]


@pytest.mark.case(19)
def test_case_19_ten_quotes_change_nothing_and_list_every_voucher_with_its_reason(here: Staffed):
    """Applicable, below the threshold with the shortfall, used: each voucher is in the list of each quote."""
    low, high, spent = here.batch(), here.batch(threshold_fen=30_000), here.batch()
    citizen, shop = here.citizen(), here.shop()
    good, short, used = (citizen.holds(batch.batch_id) for batch in (low, high, spent))
    assert shop.redeem(citizen.show(), [used]).status == 201
    token = shop.scan(citizen.show()).body["scan_token"]
    counted = "SELECT (SELECT COUNT(*) FROM idempotency) + (SELECT COUNT(*) FROM scan) + (SELECT COUNT(*) FROM orders)"
    before = (citizen.vouchers(), here.town.one(counted))
    quotes = [shop.quote(token, 12_000) for _ in range(10)]
    assert (citizen.vouchers(), here.town.one(counted)) == before
    assert all(quote.status == 200 and quote.body == quotes[0].body for quote in quotes)
    told: dict[str, dict[str, Any]] = {line["voucher_id"]: line for line in quotes[0].body["vouchers"]}
    words = {name: (line["applicable"], line["reason"], line["shortfall_fen"]) for name, line in told.items()}
    assert words == {
        good: (True, None, None),
        short: (False, "threshold_not_met", 18_000),
        used: (False, "voucher_used", None),
    }
    assert told[good]["discount_fen"] == 2_000 and told[short]["discount_fen"] == 0
    assert told[short]["message"] and told[good]["message"] is None


@pytest.mark.case(20)
def test_case_20_the_threshold_is_measured_after_the_merchants_discount(here: Staffed):
    """12000 − 3000 is 1000 short of 10000; with a discount of 2000 the voucher applies, and redeems."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert judged(shop, token, 12_000, 3_000) == (False, "threshold_not_met", 1_000, 0)
    assert judged(shop, token, 12_000, 2_000) == (True, None, None, 2_000)
    problem = refused(
        shop.redeem(token, [voucher], gross_fen=12_000, merchant_discount_fen=3_000), 409, "threshold_not_met"
    )
    assert (problem["shortfall_fen"], problem["voucher_id"]) == (1_000, voucher)
    receipt = shop.redeem(token, [voucher], gross_fen=12_000, merchant_discount_fen=2_000)
    assert receipt.status == 201
    assert (receipt.body["order_fen"], receipt.body["customer_pays_fen"]) == (10_000, 8_000)


@pytest.mark.case(21)
def test_case_21_the_threshold_itself_applies_and_one_fen_less_does_not(here: Staffed):
    """10000 of 10000 yes, 9999 no with a shortfall of one."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    assert judged(shop, token, 10_000) == (True, None, None, 2_000)
    assert judged(shop, token, 9_999) == (False, "threshold_not_met", 1, 0)
    refused(shop.redeem(token, [voucher], gross_fen=9_999), 409, "threshold_not_met")
    assert shop.redeem(token, [voucher], gross_fen=10_000).body["customer_pays_fen"] == 8_000


@pytest.mark.case(21)
def test_case_21_an_amount_that_makes_no_sense_is_refused_at_every_door(here: Staffed):
    """Zero, negative, fractional, above the maximum, text, a discount as large as the order: `amount_invalid`."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    code = citizen.show()
    wrong: list[Any] = [0, -1, 100.5, 10_000_000_001, "12000", True, None, 1e300]
    for amount in wrong:
        refused(shop.quote(token, amount), 400, "amount_invalid")
        refused(shop.redeem(token, [voucher], "O-amount", gross_fen=amount), 400, "amount_invalid")
        if amount is not None:
            refused(shop.scan(code, gross_fen=amount), 400, "amount_invalid")
    for discount in (12_000, 12_001, -1, 0.5):
        refused(shop.quote(token, 12_000, discount), 400, "amount_invalid")  # type: ignore[arg-type]
    assert citizen.vouchers()[0]["status"] == "issued"
    refused(shop.find("O-amount"), 404, "order_not_found")
    assert shop.quote(token, 10_000_000_000).status == 200
    assert shop.scan(code).status == 201, "a malformed request consumes no code"


def test_a_scan_with_an_order_brings_the_same_quote(here: Staffed):
    """One round trip instead of two."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    citizen.holds(batch.batch_id)
    scanned = shop.scan(citizen.show(), gross_fen=12_000).body
    assert scanned["quote"] == shop.quote(scanned["scan_token"], 12_000).body
