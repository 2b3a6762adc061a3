"""A reservation holds vouchers for one order until an instant; its capture is an ordinary redemption."""

from __future__ import annotations

import pytest

from app.ankang.scan import TOKEN_LIFE_MS
from tests.conftest import Staffed
from tests.kit.people import Batch, Citizen, Shop
from tests.kit.problems import refused
from tests.kit.reservations import capture, release, reserve

MINUTE_MS = 60_000


def setting(here: Staffed, **terms: object) -> tuple[Batch, Citizen, Shop, str]:
    """A batch, somebody with a voucher of it, a till."""
    batch, citizen = here.batch(**terms), here.citizen()
    return batch, citizen, here.shop(), citizen.holds(batch.batch_id)


def held(shop: Shop, citizen: Citizen, vouchers: list[str], order_no: str, **more: object) -> str:
    """Reserve with a fresh code; returns `hold_until`."""
    answer = reserve(shop, citizen.show(), vouchers, order_no, **more)  # type: ignore[arg-type]
    assert (answer.status, answer.body["state"]) == (201, "held"), answer.body
    return str(answer.body["hold_until"])


def is_free(citizen: Citizen, shop: Shop, voucher: str) -> bool:
    """Whether a quote says that it applies."""
    quoted = shop.scan(citizen.show(), gross_fen=12_000).body["quote"]["vouchers"]
    (line,) = [line for line in quoted if line["voucher_id"] == voucher]
    return bool(line["applicable"])


def test_a_held_voucher_pays_no_other_order_and_is_captured_without_another_scan(here: Staffed):
    """Long after the scan's token ran out; the receipt, the books and the query are those of any redemption."""
    batch, citizen, shop, voucher = setting(here)
    other = here.shop()
    asked = reserve(shop, citizen.show(), [voucher], "O-hotel", hold_s=600)
    assert asked.status == 201
    assert {
        name: asked.body[name] for name in ("state", "voucher_ids", "discount_fen", "customer_pays_fen")
    } == {
        "state": "held",
        "voucher_ids": [voucher],
        "discount_fen": 2_000,
        "customer_pays_fen": 10_000,
    }
    assert here.town.one("SELECT COUNT(*) FROM redemption WHERE merchant_id = :m", m=shop.merchant_id) == 0
    (line,) = other.scan(citizen.show(), gross_fen=12_000).body["quote"]["vouchers"]
    assert (line["applicable"], line["reason"]) == (False, "voucher_held")
    assert line["facts"] == {"hold_until": asked.body["hold_until"]}
    no = refused(other.redeem(citizen.show(), [voucher]), 409, "voucher_held")
    assert no["hold_until"] == asked.body["hold_until"]
    refused(other.redeem(citizen.show(), "best"), 409, "none_applies")
    assert shop.find("O-hotel").body["state"] == "reserved"
    here.town.advance(TOKEN_LIFE_MS + MINUTE_MS)
    paid = capture(shop, "O-hotel", key="capture-once")
    assert (paid.status, paid.body["used_fen"], paid.body["state"]) == (201, 2_000, "redeemed")
    again = capture(shop, "O-hotel", key="capture-once")
    assert (again.status, again.body) == (200, paid.body)
    refused(capture(shop, "O-hotel"), 409, "order_exists")
    refused(release(shop, "O-hotel"), 409, "order_exists")
    refused(reserve(shop, citizen.show(), [voucher], "O-hotel"), 409, "order_exists")
    found = shop.find("O-hotel").body
    assert (found["state"], found["reservation"]["state"]) == ("redeemed", "redeemed")
    assert found["receipt"] == paid.body
    assert here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]["redeemed"] == 1


def test_a_hold_past_its_end_counts_as_none(here: Staffed):
    """To the millisecond, and nothing ran in between."""
    _, citizen, shop, voucher = setting(here)
    held(shop, citizen, [voucher], "O-late", hold_s=60)
    assert not is_free(citizen, here.shop(), voucher)
    here.town.advance(MINUTE_MS)
    no = refused(capture(shop, "O-late"), 409, "reservation_expired")
    assert no["hold_until"]
    found = shop.find("O-late").body
    assert (found["state"], found["refusal"]) == ("refused", "reservation_expired")
    assert found["reservation"]["state"] == "expired"
    assert release(shop, "O-late").body["state"] == "expired"
    assert here.shop().redeem(citizen.show(), [voucher]).status == 201


def test_a_number_whose_reservation_ran_out_can_be_reserved_or_redeemed_anew(here: Staffed):
    """While it holds it cannot be reserved again, however the key is called."""
    _, citizen, shop, voucher = setting(here)
    until = held(shop, citizen, [voucher], "O-again", hold_s=60)
    assert (
        refused(reserve(shop, citizen.show(), [voucher], "O-again"), 409, "order_reserved")["hold_until"]
        == until
    )
    here.town.advance(MINUTE_MS)
    assert held(shop, citizen, [voucher], "O-again", hold_s=60) > until
    assert capture(shop, "O-again").status == 201


@pytest.mark.case(27)
def test_a_decided_capture_is_replayed_although_another_till_has_reserved_the_number_since(here: Staffed):
    """A key's answer never changes."""
    batch, citizen, (front, back) = here.batch(), here.citizen(), here.shops(2)
    voucher = citizen.holds(batch.batch_id)
    held(front, citizen, [voucher], "O-since", hold_s=60)
    here.town.advance(MINUTE_MS)
    refused(capture(front, "O-since", key="capture-too-late"), 409, "reservation_expired")
    held(back, citizen, [voucher], "O-since", hold_s=60)
    again = capture(front, "O-since", key="capture-too-late")
    refused(again, 409, "reservation_expired")
    assert again.replayed
    assert capture(back, "O-since").status == 201


def test_a_release_frees_at_once_at_any_till_of_the_merchant(here: Staffed):
    """Twice with the same answer; then there is nothing to capture."""
    batch, citizen, (front, back) = here.batch(), here.citizen(), here.shops(2)
    voucher = citizen.holds(batch.batch_id)
    held(front, citizen, [voucher], "O-no-show")
    first = release(back, "O-no-show")
    assert (first.status, first.body["state"]) == (201, "released")
    assert release(front, "O-no-show").body == first.body
    refused(capture(front, "O-no-show"), 409, "reservation_released")
    assert front.find("O-no-show").body["refusal"] == "reservation_released"
    assert is_free(citizen, front, voucher)
    assert back.redeem(citizen.show(), [voucher]).status == 201


def test_only_the_terminal_that_scanned_captures(here: Staffed):
    """Another till of the shop, another merchant and an unknown number find nothing."""
    batch, citizen, (front, back) = here.batch(), here.citizen(), here.shops(2)
    held(front, citizen, [citizen.holds(batch.batch_id)], "O-front")
    for shop in (back, here.shop()):
        refused(capture(shop, "O-front"), 404, "reservation_not_found")
    refused(release(here.shop(), "O-front"), 404, "reservation_not_found")
    refused(capture(front, "O-nothing"), 404, "reservation_not_found")
    assert capture(front, "O-front").status == 201


@pytest.mark.case(36)
def test_a_reversal_of_a_reserved_number_frees_the_hold_and_spends_the_number(here: Staffed):
    """The capture that comes too late has no effect."""
    _, citizen, shop, voucher = setting(here)
    held(shop, citizen, [voucher], "O-36-held")
    undone = shop.reverse("O-36-held")
    assert (undone.status, undone.body["redemption_id"]) == (201, None)
    refused(capture(shop, "O-36-held"), 409, "order_reversed")
    refused(release(shop, "O-36-held"), 409, "order_reversed")
    assert shop.find("O-36-held").body["reservation"]["state"] == "reversed"
    assert shop.redeem(citizen.show(), [voucher]).status == 201


def test_a_voucher_that_a_reversed_capture_returns_is_not_held(here: Staffed):
    """Although the hold would last on."""
    _, citizen, shop, voucher = setting(here)
    held(shop, citizen, [voucher], "O-back", hold_s=1_800)
    assert capture(shop, "O-back").status == 201
    assert shop.reverse("O-back").body["returned"] == [voucher]
    assert here.shop().redeem(citizen.show(), [voucher]).status == 201


def test_the_final_amounts_are_judged_as_those_of_any_order(here: Staffed):
    """A refused capture leaves the hold as it was."""
    _, citizen, shop, voucher = setting(here)
    held(shop, citizen, [voucher], "O-final")
    assert refused(capture(shop, "O-final", 9_000), 409, "threshold_not_met")["shortfall_fen"] == 1_000
    assert not is_free(citizen, here.shop(), voucher)
    paid = capture(shop, "O-final", 15_000)
    assert (paid.status, paid.body["customer_pays_fen"]) == (201, 13_000)


def test_all_held_vouchers_are_captured_together(here: Staffed):
    """The two that are best are held, and both pay."""
    batch, citizen, shop = here.batch(person_limit=3), here.citizen(), here.shop()
    for _ in range(2):
        citizen.holds(batch.batch_id)
    asked = reserve(shop, citizen.show(), "best", "O-pair")
    assert (asked.status, asked.body["discount_fen"]) == (201, 4_000)
    assert {line["voucher_id"] for line in capture(shop, "O-pair").body["lines"]} == set(
        asked.body["voucher_ids"]
    )


def test_a_hold_never_outlasts_the_voucher(here: Staffed):
    """It ends with the validity, and the sweep finds an unused voucher as ever."""
    _, citizen, shop, voucher = setting(here, valid_days=1)
    ends = here.town.one("SELECT valid_to FROM voucher WHERE id = :v", v=voucher)
    here.town.advance(ends - here.town.now() - MINUTE_MS)
    answer = reserve(shop, citizen.show(), [voucher], "O-last-minute", hold_s=600)
    assert here.town.one("SELECT hold_until FROM voucher WHERE id = :v", v=voucher) == ends
    here.town.advance(MINUTE_MS)
    assert answer.status == 201
    refused(capture(shop, "O-last-minute"), 409, "reservation_expired")
    refused(shop.redeem(citizen.show(), [voucher]), 409, "voucher_expired")


def test_a_holder_suspended_in_between_captures_nothing(here: Staffed):
    """Live, as at any redemption; readmitted in time the capture goes on."""
    _, citizen, shop, voucher = setting(here)
    held(shop, citizen, [voucher], "O-suspended")
    suspend = "UPDATE citizen SET status = :status WHERE id = :id"
    here.town.execute(suspend, status="suspended", id=citizen.citizen_id)
    refused(capture(shop, "O-suspended"), 409, "citizen_suspended")
    here.town.execute(suspend, status="active", id=citizen.citizen_id)
    assert capture(shop, "O-suspended").status == 201


def test_a_hold_uses_no_cap_of_the_day_and_its_capture_does(here: Staffed):
    """Whoever redeems meanwhile may use it up."""
    batch = here.batch(campaign={"day_subsidy_fen": 2_000})
    (slow, quick), shop = here.citizens(2), here.shop()
    held(shop, slow, [slow.holds(batch.batch_id)], "O-slow")
    assert shop.redeem(quick.show(), [quick.holds(batch.batch_id)], "O-quick").status == 201
    refused(capture(shop, "O-slow"), 409, "budget_exhausted")
    assert shop.reverse("O-quick").status == 201
    assert capture(shop, "O-slow").status == 201


@pytest.mark.case(31)
def test_a_late_capture_counts_as_the_purchase_before(here: Staffed):
    """Its scan is long past; the same amount within the minute after it asks the cashier all the same."""
    batch, citizen, shop = here.batch(person_limit=2), here.citizen(), here.shop()
    first, second = (citizen.holds(batch.batch_id) for _ in range(2))
    held(shop, citizen, [first], "O-late-capture", hold_s=1_800)
    here.town.advance(25 * MINUTE_MS)
    assert capture(shop, "O-late-capture").status == 201
    refused(shop.redeem(citizen.show(), [second]), 409, "possible_duplicate")


@pytest.mark.case(27)
def test_a_reservation_happens_once_under_its_key(here: Staffed):
    """The same answer again; other content is refused; a decided refusal replays too."""
    _, citizen, shop, voucher = setting(here)
    code = citizen.show()
    first = reserve(shop, code, [voucher], "O-key", key="reserve-once")
    again = reserve(shop, code, [voucher], "O-key", key="reserve-once")
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    refused(reserve(shop, code, [voucher], "O-other", key="reserve-once"), 422, "idempotency_mismatch")
    other, code = here.shop(), citizen.show()
    for _ in range(2):
        no = reserve(other, code, [voucher], "O-key", key="reserve-refused")
        refused(no, 409, "voucher_held")
    assert no.replayed


@pytest.mark.parametrize("hold_s", [0, 9, 1_801])
def test_a_hold_has_its_bounds(here: Staffed, hold_s: int):
    """Ten seconds to half an hour."""
    _, citizen, shop, voucher = setting(here)
    refused(reserve(shop, citizen.show(), [voucher], hold_s=hold_s), 400, "request_invalid")


def test_what_a_redemption_refuses_a_reservation_refuses_and_the_scan_stays_usable(here: Staffed):
    """By the same code; the number remembers why."""
    _, citizen, shop, voucher = setting(here)
    token = shop.scan(citizen.show()).body["scan_token"]
    no = refused(reserve(shop, token, [voucher], "O-small", gross_fen=9_999), 409, "threshold_not_met")
    assert no["shortfall_fen"] == 1
    assert shop.find("O-small").body["refusal"] == "threshold_not_met"
    assert reserve(shop, token, [voucher], "O-small").status == 201
    refused(shop.redeem(token, [voucher], "O-else"), 409, "scan_bound")
