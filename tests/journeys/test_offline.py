"""Vouchers without a network: a phone shows, a till takes, and what counts is decided when it is uploaded."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.domain import base45
from app.domain.offline import ALLOWANCE, CREDENTIAL
from tests.conftest import Staffed
from tests.kit.http import Door
from tests.kit.people import Shop
from tests.kit.phones import Phone, allowance_of, intent, results, upload
from tests.kit.problems import refused

HOUR = 3_600_000


def phones(here: Staffed, count: int, **terms: Any) -> list[Phone]:
    """Phones of one citizen each, every one with a credential for a voucher of its own."""
    batch = here.batch(**terms)
    crowd = here.citizens(count)
    return [Phone(citizen, citizen.holds(batch.batch_id)) for citizen in crowd]


def issuer_key(here: Staffed, key_id: int) -> Ed25519PublicKey:
    """As everybody gets it."""
    items = Door(here.town.url).get("/merchant/v1/issuer-keys", expect=200).body["items"]
    (found,) = [each for each in items if each["key_id"] == key_id]
    assert found["algorithm"] == "Ed25519" and found["current"] is True
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(found["public_key"]))


def two_tills_and_nine_phones(here: Staffed) -> tuple[list[Shop], list[list[dict[str, Any]]]]:
    """Each till took four good codes, and both the ninth phone's: the same code, the same voucher."""
    crowd, shops = phones(here, 9), [here.shop(), here.shop()]
    allowances = [allowance_of(shop)["allowance_id"] for shop in shops]
    at = here.town.now()
    shared = crowd.pop()
    good = [[intent(allowances[n], phone, at) for phone in crowd[n::2]] for n in (0, 1)]
    return shops, [[*good[n], intent(allowances[n], shared, at)] for n in (0, 1)]


@pytest.mark.parametrize("first", [0, 1], ids=["as they came", "the other way round"])
def test_of_two_tills_that_took_the_same_code_one_is_redeemed_and_one_is_liable(here: Staffed, first: int):
    """Nine redemptions and one conflict, also when all is uploaded twice, in another order and in other batches."""
    shops, taken = two_tills_and_nine_phones(here)
    here.town.advance(2 * HOUR)
    order = (first, 1 - first)
    early, late = (upload(shops[n], taken[n]) for n in order)
    assert results(early) == ["redeemed"] * 5
    assert results(late) == ["redeemed"] * 4 + ["offline_conflict"]
    conflict = late.body["lines"][4]
    assert conflict["facts"] == {
        "reason": "code_consumed",
        "liability": "second_to_arrive",
        "liable": "merchant",
        "merchant_id": shops[order[1]].merchant_id,
    }
    for n in reversed(order):
        again = upload(shops[n], list(reversed(taken[n])))
        assert all(line["replayed"] for line in again.body["lines"])
        expected = ["redeemed"] * 5 if n == order[0] else ["offline_conflict"] + ["redeemed"] * 4
        assert results(again) == expected
    one_by_one = [results(upload(shops[order[1]], [each]))[0] for each in taken[order[1]]]
    assert one_by_one == results(late)
    numbers = {each["order_no"] for batch in taken for each in batch}
    rows = here.town.rows(
        "SELECT order_no FROM redemption WHERE order_no LIKE 'OFF-%' AND state = 'effective'"
    )
    assert len(numbers & {row["order_no"] for row in rows}) == 9


def test_a_batch_whose_reply_was_lost_is_answered_again_and_a_key_means_one_batch(here: Staffed):
    """The stored answer, marked; other content under the key is refused."""
    (phone,), shop = phones(here, 1), here.shop()
    taken = intent(allowance_of(shop)["allowance_id"], phone, here.town.now())
    first = upload(shop, [taken], key="offline-batch-1")
    again = upload(shop, [taken], key="offline-batch-1")
    assert (again.body, again.replayed) == (first.body, True) and results(first) == ["redeemed"]
    receipt = first.body["lines"][0]["receipt"]
    assert receipt["used_fen"] == 2_000 and shop.find(taken["order_no"]).body["receipt"] == receipt
    other = upload(shop, [{**taken, "gross_fen": 13_000}], key="offline-batch-1")
    refused(other, 422, "idempotency_mismatch")
    assert results(upload(shop, [{**taken, "gross_fen": 13_000}])) == ["idempotency_mismatch"]
    twice = upload(shop, [taken, taken])
    refused(twice, 400, "request_invalid")


def test_a_voucher_used_with_a_network_meanwhile_is_a_conflict(here: Staffed):
    """The phone's code was genuine; SQL knew more."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    phone = Phone(citizen, voucher)
    taken = intent(allowance_of(shop)["allowance_id"], phone, here.town.now())
    assert here.shop().redeem(citizen.show(), [voucher]).status == 201
    answer = upload(shop, [taken])
    assert results(answer) == ["offline_conflict"]
    assert answer.body["lines"][0]["facts"]["reason"] == "voucher_used"
    assert shop.find(taken["order_no"]).body["refusal"] == "voucher_used"


def test_a_tampered_intent_is_refused_and_changes_nothing(here: Staffed):
    """Another letter anywhere, another voucher, a proof by another phone, a credential that nobody issued."""
    (phone, other), shop = phones(here, 2), here.shop()
    allowance_id, at = allowance_of(shop)["allowance_id"], here.town.now()
    code = phone.show(at)
    forged = [code[:n] + ("0" if code[n] != "0" else "1") + code[n + 1 :] for n in range(4, len(code), 40)]
    stranger = Phone.__new__(Phone)
    stranger.__dict__ = {**phone.__dict__, "key": other.key}
    intents = [
        intent(allowance_id, phone, at, code=each) for each in [*forged, stranger.show(at), "AK1:", "88"]
    ]
    intents.append(intent(allowance_id, phone, at, voucher_id=other.voucher_id))
    assert results(upload(shop, intents)) == ["offline_tampered"] * len(intents)
    assert here.town.one("SELECT used_count FROM offline_allowance WHERE id = :id", id=allowance_id) == 0
    assert here.town.one("SELECT COUNT(*) FROM scan WHERE terminal_id = :t", t=shop.terminal_id) == 0
    assert results(upload(shop, [intent(allowance_id, phone, at)])) == ["redeemed"]


def test_what_is_above_the_allowance_is_refused_for_ever(here: Staffed):
    """CNY 500.00 by face: two of CNY 200.00 pass, the third does not, a smaller one still does."""
    large, small = (
        phones(here, 3, face_fen=20_000, threshold_fen=30_000),
        phones(here, 1, face_fen=10_000, threshold_fen=30_000),
    )
    shop, at = here.shop(), here.town.now()
    allowance = allowance_of(shop)
    assert (allowance["most_count"], allowance["most_fen"]) == (20, 50_000)
    taken = [intent(allowance["allowance_id"], phone, at, gross_fen=40_000) for phone in [*large, *small]]
    expected = ["redeemed", "redeemed", "over_allowance", "redeemed"]
    assert results(upload(shop, taken)) == expected
    assert results(upload(shop, taken)) == expected


def test_late_and_outside_the_hours_is_refused(here: Staffed):
    """An allowance is for its hours; what it took arrives within the grace, or never counts."""
    early, late, tomorrow = phones(here, 3)
    shop, at = here.shop(), here.town.now()
    allowance_id = allowance_of(shop)["allowance_id"]
    before, good, after = (
        intent(allowance_id, early, at - HOUR),
        intent(allowance_id, late, at),
        intent(allowance_id, tomorrow, at + 25 * HOUR),
    )
    here.town.advance(26 * HOUR)
    assert results(upload(shop, [before, after])) == ["offline_outside_hours"] * 2
    here.town.advance(23 * HOUR)
    assert results(upload(shop, [good])) == ["offline_late"]


def test_a_code_that_is_not_fresh_at_the_till_is_refused(here: Staffed):
    """A picture of a code, taken three minutes later."""
    (phone,), shop, at = phones(here, 1), here.shop(), here.town.now()
    allowance_id = allowance_of(shop)["allowance_id"]
    old = intent(allowance_id, phone, at + 180_000, code=phone.show(at))
    here.town.advance(240_000)
    assert results(upload(shop, [old])) == ["code_expired"]


def test_an_allowance_is_one_a_day_signed_and_nobody_elses(here: Staffed):
    """The same under every key of the day; its text verifies; another till's is none."""
    shop, neighbour, (phone,) = here.shop(), here.shop(), phones(here, 1)
    first, again = allowance_of(shop), allowance_of(shop)
    assert first == again
    document = first["document"].encode()
    key, signature = issuer_key(here, first["key_id"]), b64decode(first["signature"])
    key.verify(signature, ALLOWANCE + document)
    with pytest.raises(InvalidSignature):
        key.verify(signature, ALLOWANCE + document.replace(b"50000", b"90000"))
    told = json.loads(document)
    assert told == {name: first[name] for name in told} and told["liability"] == "second_to_arrive"
    taken = intent(first["allowance_id"], phone, here.town.now())
    assert results(upload(neighbour, [taken])) == ["allowance_invalid"]


def test_a_credential_verifies_by_the_issuers_key_and_ends_before_the_voucher(here: Staffed):
    """What a till checks without a network."""
    batch, citizen = here.batch(valid_days=7), here.citizen()
    voucher = citizen.holds(batch.batch_id)
    phone = Phone(citizen, voucher)
    content = base45.decode(phone.credential)
    issuer_key(here, phone.fetched.body["key_id"]).verify(content[80:], CREDENTIAL + content[:80])
    assert phone.fetched.body["valid_to"] < citizen.vouchers()[0]["valid_to"]
    here.town.advance(6 * 24 * HOUR + 1)
    late = Phone(citizen, voucher)
    refused(late.fetched, 409, "voucher_needs_network")


def test_a_credential_is_for_an_own_unused_plain_voucher(here: Staffed):
    """Not somebody else's, not a used one, not one whose goods the till would have to know."""
    batch, citizen, stranger = here.batch(), here.citizen(), here.citizen()
    voucher = citizen.holds(batch.batch_id)
    refused(Phone(stranger, voucher).fetched, 404, "voucher_not_found")
    assert here.shop().redeem(citizen.show(), [voucher]).status == 201
    refused(Phone(citizen, voucher).fetched, 409, "voucher_needs_network")
    dining = here.batch(goods_in=["dining"])
    refused(Phone(citizen, citizen.holds(dining.batch_id)).fetched, 409, "voucher_needs_network")


def test_a_rule_that_is_not_met_is_told_as_such(here: Staffed):
    """The ordinary redemption judges: below the threshold is no conflict."""
    (phone,), shop = phones(here, 1), here.shop()
    allowance_id = allowance_of(shop)["allowance_id"]
    small = intent(allowance_id, phone, here.town.now(), gross_fen=9_000)
    answer = upload(shop, [small])
    assert results(answer) == ["threshold_not_met"]
    assert answer.body["lines"][0]["facts"]["shortfall_fen"] == 1_000


def test_a_citizen_sees_who_took_the_code_offline(here: Staffed):
    """It is a scan like any other."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    phone = Phone(citizen, citizen.holds(batch.batch_id))
    upload(shop, [intent(allowance_of(shop)["allowance_id"], phone, here.town.now())])
    assert [(scan["result"], scan["purpose"]) for scan in citizen.scans()] == [("accepted", "voucher")]
