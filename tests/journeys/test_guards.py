"""Guards of the till: the same purchase twice, caps of the day."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, Citizen, Shop

MINUTE_MS = 60_000
DAY_MS = 86_400_000


BY_CAP = pytest.mark.parametrize(
    ("cap", "code"),
    [
        ("day_subsidy_fen", "budget_exhausted"),
        ("citizen_day_fen", "citizen_day_cap"),
        ("terminal_day_fen", "terminal_day_cap"),
        ("merchant_day_fen", "merchant_day_cap"),
    ],
)


def pay(shop: Shop, citizen: Citizen, batch: Batch, gross_fen: int = 12_000) -> str:
    """Claim a voucher and redeem it; returns the order number."""
    answer = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], gross_fen=gross_fen)
    assert answer.status == 201, answer.body
    return str(answer.body["order_no"])


@pytest.mark.case(31)
def test_case_31_the_same_amount_again_asks_the_cashier_and_is_marked(here: Staffed):
    """A new key and order within the minute: refused, also again; confirmed under another key it passes."""
    batch, citizen, shop = here.batch(person_limit=5), here.citizen(), here.shop()
    first = pay(shop, citizen, batch)
    voucher, code = citizen.holds(batch.batch_id), citizen.show()
    for _ in range(2):
        refused = shop.redeem(code, [voucher], "O-31", key="till-31-refused")
        assert (refused.status, refused.body["code"]) == (409, "possible_duplicate")
    assert refused.replayed and shop.find("O-31").body["refusal"] == "possible_duplicate"
    assert not shop.find(first).body["receipt"]["is_repeat"]
    confirmed = shop.redeem(citizen.show(), [voucher], "O-31", confirm=True)
    assert (confirmed.status, confirmed.body["is_repeat"]) == (201, True)
    marked = "SELECT COUNT(*) FROM redemption WHERE order_no = 'O-31' AND is_repeat AND merchant_id = :m"
    assert here.town.one(marked, m=shop.merchant_id) == 1


def test_another_amount_shop_holder_or_minute_is_another_purchase(here: Staffed):
    """A confirmation that was not needed leaves no mark."""
    batch, citizen, shop = here.batch(person_limit=9), here.citizen(), here.shop()
    pay(shop, citizen, batch)
    pay(shop, citizen, batch, gross_fen=12_001)
    pay(here.shop(), citizen, batch)
    pay(shop, here.citizen(), batch)
    unneeded = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], gross_fen=12_002, confirm=True)
    assert (unneeded.status, unneeded.body["is_repeat"]) == (201, False)
    here.town.advance(MINUTE_MS)
    pay(shop, citizen, batch)


def test_a_purchase_that_was_cancelled_can_be_made_again(here: Staffed):
    """Wrong voucher, right amount: the cashier reverses and starts again."""
    batch, citizen, shop = here.batch(person_limit=5), here.citizen(), here.shop()
    assert shop.reverse(pay(shop, citizen, batch)).status == 201
    pay(shop, citizen, batch)


@BY_CAP
def test_a_cap_of_the_day_ends_at_midnight_and_is_given_back_with_the_money(
    here: Staffed, cap: str, code: str
):
    """Room for one voucher and a half: the second is refused until part of the first comes back, or the day ends."""
    batch = here.batch(campaign={cap: 3_000}, person_limit=9)
    citizen, shop = here.citizen(), here.shop()
    first = pay(shop, citizen, batch)
    voucher = citizen.holds(batch.batch_id)
    refused = shop.redeem(citizen.show(), [voucher], gross_fen=20_000)
    assert (refused.status, refused.body["code"], refused.body["left_fen"]) == (409, code, 1_000)
    assert shop.reverse(first, refund_fen=6_000).body["subsidy_returned_fen"] == 1_000
    second = shop.redeem(citizen.show(), [voucher], gross_fen=20_000)
    assert second.status == 201, second.body
    assert shop.reverse(second.body["order_no"]).status == 201
    pay(shop, citizen, batch, gross_fen=21_000)
    third = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [third], gross_fen=22_000).body["code"] == code
    here.town.advance(DAY_MS)
    assert shop.redeem(citizen.show(), [third], gross_fen=22_000).status == 201


@BY_CAP
def test_a_quote_says_what_a_cap_of_the_day_leaves(here: Staffed, cap: str, code: str):
    """A voucher that would be refused does not apply, alone or with others."""
    batch = here.batch(campaign={cap: 5_000}, person_limit=9)
    citizen, shop = here.citizen(), here.shop()
    pay(shop, citizen, batch)
    pair = [citizen.holds(batch.batch_id) for _ in range(2)]
    token = shop.scan(citizen.show(), gross_fen=30_000).body["scan_token"]
    allowed = shop.quote(token, 30_000, voucher_ids=pair[:1]).body["chosen"]
    assert (allowed["applicable"], allowed["discount_fen"]) == (True, 2_000)
    both = shop.quote(token, 30_000, voucher_ids=pair).body["chosen"]
    assert (both["applicable"], both["reason"], both["facts"]["left_fen"]) == (False, code, 3_000)
    pay(shop, citizen, batch, gross_fen=31_000)
    asked_later, asked_with_the_scan = (
        shop.quote(token, 30_000).body,
        shop.scan(citizen.show(), gross_fen=30_000).body["quote"],
    )
    for quote in (asked_later, asked_with_the_scan):
        seen = {each["voucher_id"]: each for each in quote["vouchers"]}
        for voucher in pair:
            assert (seen[voucher]["applicable"], seen[voucher]["reason"]) == (False, code)
            assert seen[voucher]["facts"] == {"left_fen": 1_000}
        assert quote["best"]["voucher_ids"] == []


def test_a_cap_binds_its_own_subject_only(here: Staffed):
    """One citizen, terminal or merchant at the cap leaves all others theirs."""
    limits = {"citizen_day_fen": 2_000, "terminal_day_fen": 4_000, "merchant_day_fen": 6_000}
    batch, other_shop = here.batch(campaign=limits, person_limit=9), here.shop()
    first, second = here.shops(2)
    for till in (first, first, second):
        pay(till, here.citizen(), batch)
    assert capped(second, here.citizen(), batch) == "merchant_day_cap"
    someone = here.citizen()
    pay(other_shop, someone, batch)
    assert capped(other_shop, someone, batch) == "citizen_day_cap"
    pay(other_shop, here.citizen(), batch)
    assert capped(other_shop, here.citizen(), batch) == "terminal_day_cap"


def capped(shop: Shop, citizen: Citizen, batch: Batch) -> str:
    """Why one voucher more is refused."""
    answer = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], gross_fen=15_000)
    assert answer.status == 409, answer.body
    return str(answer.body["code"])


def test_caps_are_fixed_with_the_approval(here: Staffed):
    """What is given back was counted: a cap neither comes nor goes while vouchers are out."""
    batch = here.batch(campaign={"citizen_day_fen": 2_000})
    shown = here.zhao.get(f"/campaigns/{batch.campaign_id}")
    assert (shown["citizen_day_fen"], shown["merchant_day_fen"]) == (2_000, None)
    path = f"/organizer/v1/campaigns/{batch.campaign_id}"
    edited = here.zhao.door.patch(path, {"merchant_day_fen": 2_000})
    assert (edited.status, edited.code) == (409, "wrong_state")
