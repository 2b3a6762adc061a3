"""Keys at the till: a lost reply is asked for again, a decided answer never changes, a key means one request."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.problems import refused


@pytest.mark.case(27)
def test_case_27_the_same_key_and_body_again_is_the_same_redemption(here: Staffed):
    """Ten repetitions: the same id and amounts, marked as replayed; one redemption, one scan, one subsidy."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    first = shop.redeem(code, [voucher], "O-27", key="lost-reply-27")
    assert first.status == 201 and not first.replayed
    for _ in range(10):
        again = shop.redeem(code, [voucher], "O-27", key="lost-reply-27")
        assert (again.status, again.replayed, again.body) == (200, True, first.body)
    assert here.town.one("SELECT COUNT(*) FROM redemption_line WHERE voucher_id = :v", v=voucher) == 1
    assert len(citizen.scans()) == 1


@pytest.mark.case(27)
def test_case_27_a_decided_refusal_replays_as_that_refusal_whatever_happened_since(here: Staffed):
    """The voucher was used, comes back, and the old key still says `voucher_used`; a new key redeems it."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher], "O-27-used").status == 201
    token = shop.scan(citizen.show()).body["scan_token"]
    first = shop.redeem(token, [voucher], "O-27-next", key="decided-for-ever")
    problem = refused(first, 409, "voucher_used")
    assert problem["retryable"] is False and not first.replayed
    assert shop.reverse("O-27-used").status == 201
    again = shop.redeem(token, [voucher], "O-27-next", key="decided-for-ever")
    replay = refused(again, 409, "voucher_used")
    assert again.replayed and replay["voucher_id"] == voucher
    assert shop.redeem(token, [voucher], "O-27-next").status == 201


@pytest.mark.case(27)
def test_case_27_a_refused_scan_replays_as_refused(here: Staffed):
    """The key of a forged code stays refused and leaves one row, however often it is repeated."""
    shop = here.shop()
    first = shop.scan("8" * 20, key="forged-scan-key")
    again = shop.scan("8" * 20, key="forged-scan-key")
    refused(first, 409, "code_invalid")
    refused(again, 409, "code_invalid")
    assert (first.replayed, again.replayed) == (False, True)
    assert here.town.one("SELECT COUNT(*) FROM scan WHERE terminal_id = :t", t=shop.terminal_id) == 1


@pytest.mark.case(27)
def test_case_27_a_busy_voucher_is_only_turned_away_and_the_same_key_succeeds_later(here: Staffed):
    """Somebody else holds the lock: `voucher_busy`, retryable, nothing stored; once it is free the key redeems."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    lock = f"lock:{{{citizen.citizen_id}}}:{voucher}"
    with here.town.redis() as gate:
        gate.set(lock, "somebody-else", px=60_000)
        busy = shop.redeem(token, [voucher], "O-27-busy", key="busy-then-free")
        assert refused(busy, 409, "voucher_busy")["retryable"] is True
        refused(shop.find("O-27-busy"), 404, "order_not_found")
        assert gate.get(lock) == "somebody-else"
        gate.delete(lock)
        assert shop.redeem(token, [voucher], "O-27-busy", key="busy-then-free").status == 201
        assert gate.get(lock) is None, "a redemption leaves no lock behind"


@pytest.mark.case(28)
def test_case_28_the_same_key_with_another_body_is_a_mismatch_and_changes_nothing(here: Staffed):
    """Another amount, order, voucher or proof under the key: 422 each; the first answer stays."""
    first, second, citizen, shop = here.batch(), here.batch(), here.citizen(), here.shop()
    one, two = citizen.holds(first.batch_id), citizen.holds(second.batch_id)
    token, spare = (shop.scan(citizen.show()).body["scan_token"] for _ in range(2))
    made = shop.redeem(token, [one], "O-28", key="misused-key-28")
    assert made.status == 201
    for misuse in (
        shop.redeem(token, [one], "O-28", gross_fen=12_001, key="misused-key-28"),
        shop.redeem(token, [one], "O-28-other", key="misused-key-28"),
        shop.redeem(token, [two], "O-28", key="misused-key-28"),
        shop.redeem(spare, [one], "O-28", key="misused-key-28"),
    ):
        assert refused(misuse, 422, "idempotency_mismatch")["retryable"] is False
    refused(shop.find("O-28-other"), 404, "order_not_found")
    assert {v["voucher_id"]: v["status"] for v in citizen.vouchers()} == {one: "redeemed", two: "issued"}
    assert shop.redeem(token, [one], "O-28", key="misused-key-28").body == made.body
    assert shop.reverse("O-28", "退货", key="misused-key-28r").status == 201
    refused(shop.reverse("O-28", "另一个原因", key="misused-key-28r"), 422, "idempotency_mismatch")
    refused(shop.reverse("O-28-other", "退货", key="misused-key-28r"), 422, "idempotency_mismatch")


@pytest.mark.case(28)
def test_case_28_the_same_key_from_another_merchant_is_another_key(here: Staffed):
    """It never shows the first one's result: the second merchant's order is redeemed on its own."""
    first, second = here.batch(), here.batch()
    citizen, shop, neighbour = here.citizen(), here.shop(), here.shop()
    one, two = citizen.holds(first.batch_id), citizen.holds(second.batch_id)
    mine = shop.redeem(citizen.show(), [one], "O-same-number", key="everybodys-key")
    theirs = neighbour.redeem(citizen.show(), [two], "O-same-number", key="everybodys-key")
    assert (mine.status, theirs.status, theirs.replayed) == (201, 201, False)
    assert mine.body["redemption_id"] != theirs.body["redemption_id"]
    assert [line["voucher_id"] for line in theirs.body["lines"]] == [two]
    assert shop.find("O-same-number").body["receipt"] == mine.body
    assert neighbour.find("O-same-number").body["receipt"] == theirs.body


def test_a_key_keeps_its_meaning_when_the_terminals_key_is_rotated(here: Staffed):
    """The caller is the terminal, not the key it signs with."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    made = shop.redeem(code, [voucher], "O-rotated", key="before-rotation")
    fresh = here.zhao.post(f"/terminals/{shop.terminal_id}/keys", {}, expect=201)
    rotated = type(shop)(here.town, fresh["key_id"], fresh["secret"], shop.merchant_id, shop.terminal_id)
    again = rotated.redeem(code, [voucher], "O-rotated", key="before-rotation")
    assert (again.status, again.replayed, again.body) == (200, True, made.body)


@pytest.mark.case(28)
def test_case_28_an_organizers_key_makes_one_campaign_and_never_another(here: Staffed):
    """Repeated: the same campaign as 200; with another budget 422; the other organizer's same key is another key."""
    body = {"name": "一次活动", "budget_fen": 100_000}
    door, path, key = here.zhao.door, "/organizer/v1/campaigns", f"organizer-{here.citizen().phone}"
    made = door.post(path, body, key, expect=201)
    again = door.post(path, body, key, expect=200)
    assert again.body == made.body and again.headers["idempotent-replayed"] == "true"
    refused(door.post(path, {**body, "budget_fen": 1}, key), 422, "idempotency_mismatch")
    assert here.qian.door.post(path, body, key, expect=201).body["campaign_id"] != made.body["campaign_id"]
