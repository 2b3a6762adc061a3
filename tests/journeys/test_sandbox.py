"""The sandbox: made-up customers, vouchers and codes in every condition; nothing of it touches live money."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, Shop
from tests.kit.sandbox import ask, code, customer, sandboxed

CONDITIONS = {"not_yet": "voucher_not_yet_valid", "expired": "voucher_expired", "used": "voucher_used"}


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Batch, list[Shop]]]:
    """One batch and two test tills a town."""
    return {}


@pytest.fixture
def sandbox(here: Staffed, made: dict[str, tuple[Batch, list[Shop]]]) -> tuple[Batch, list[Shop]]:
    """A batch of a test campaign, and two test tills of one store."""
    if here.town.url not in made:
        made[here.town.url] = sandboxed(here.zhao, here.qian)
    return made[here.town.url]


def test_a_vendor_finds_a_batch_makes_a_customer_and_redeems(sandbox: tuple[Batch, list[Shop]]):
    """No citizen, no phone, no claim: one call, then the ordinary till."""
    batch, (till, _) = sandbox
    listed = Shop.once(till.till._until_final, "GET", "sandbox/batches", None, None).body["items"]
    assert {
        "batch_id": batch.batch_id,
        "name": "满100减20",
        "face_fen": 2_000,
        "threshold_fen": 10_000,
        "kind": "full_reduction",
    } in listed
    someone = customer(till, (batch.batch_id, "usable"), (batch.batch_id, "usable"))
    assert len(someone["code"]) == 20
    scanned = till.scan(someone["code"], gross_fen=12_000)
    assert scanned.status == 201 and scanned.body["holder"] == "沙*"
    assert {each["voucher_id"] for each in scanned.body["quote"]["vouchers"]} == set(someone["voucher_ids"])
    receipt = till.redeem(scanned.body["scan_token"], someone["voucher_ids"][:1])
    assert (receipt.status, receipt.body["used_fen"]) == (201, 2_000)


def test_vouchers_come_in_the_conditions_and_the_order_asked_for(sandbox: tuple[Batch, list[Shop]]):
    """Each is refused for its reason, in the quote and at the redemption."""
    batch, (till, _) = sandbox
    someone = customer(till, *[(batch.batch_id, condition) for condition in [*CONDITIONS, "usable"]])
    quoted = till.scan(someone["code"], gross_fen=12_000).body["quote"]["vouchers"]
    reasons = {each["voucher_id"]: each["reason"] for each in quoted}
    assert [reasons[voucher] for voucher in someone["voucher_ids"]] == [*CONDITIONS.values(), None]
    for voucher, reason in zip(someone["voucher_ids"], CONDITIONS.values(), strict=False):
        refused = till.redeem(code(till, someone["customer_id"]), [voucher])
        assert (refused.status, refused.body["code"]) == (409, reason)
    used = someone["voucher_ids"][2]
    found = till.find(f"SANDBOX-{used}").body
    assert found["state"] == "redeemed" and [line["voucher_id"] for line in found["receipt"]["lines"]] == [
        used
    ]


def test_codes_come_in_their_conditions(sandbox: tuple[Batch, list[Shop]]):
    """Fresh is accepted, stale is expired, consumed was read at the merchant's other test till."""
    _, (till, other) = sandbox
    someone = customer(till)["customer_id"]
    assert till.scan(code(till, someone)).status == 201
    for condition, refusal in (("stale", "code_expired"), ("consumed", "code_consumed")):
        given = code(till, someone, condition)
        assert till.scan(given).body["code"] == refusal
        assert till.redeem(given, ["vch_1"]).body["code"] == refusal
    assert other.scan(code(other, someone)).status == 201


def test_a_consumed_code_takes_a_second_test_till(here: Staffed):
    """Somebody must have read it."""
    till = here.zhao.shop(is_test=True)
    asked = {"customer_id": customer(till)["customer_id"], "condition": "consumed"}
    refused = ask(till, "codes", asked)
    assert (refused.status, refused.body["code"]) == (404, "terminal_not_found")


def test_a_suspended_customer_is_refused_with_every_voucher(sandbox: tuple[Batch, list[Shop]]):
    """Also one whose voucher was used before."""
    batch, (till, _) = sandbox
    someone = customer(till, (batch.batch_id, "used"), (batch.batch_id, "usable"), condition="suspended")
    assert till.scan(someone["code"]).body["code"] == "citizen_suspended"
    refused = till.redeem(code(till, someone["customer_id"]), someone["voucher_ids"][1:])
    assert refused.body["code"] == "citizen_suspended"


def test_codes_are_made_for_the_merchants_own_customers_only(
    here: Staffed, sandbox: tuple[Batch, list[Shop]]
):
    """Neither for a real citizen nor for a customer of another vendor."""
    _, (till, _) = sandbox
    stranger = here.zhao.shop(is_test=True)
    for who in (here.citizen().citizen_id, customer(stranger)["customer_id"], "ctz_nobody"):
        refused = ask(till, "codes", {"customer_id": who})
        assert (refused.status, refused.body["code"]) == (404, "citizen_not_found")


def test_a_live_till_stays_out(here: Staffed, sandbox: tuple[Batch, list[Shop]]):
    """Every door of the sandbox, and before anything is looked at."""
    live = here.shop()
    answers = [ask(live, what, {}) for what in ("customers", "codes", "faults")]
    answers.append(Shop.once(live.till._until_final, "GET", "sandbox/batches", None, None))
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(403, "sandbox_only")}
    someone = customer(sandbox[1][0], (sandbox[0].batch_id, "usable"))
    refused = live.redeem(someone["code"], someone["voucher_ids"])
    assert (refused.status, refused.body["code"]) == (409, "test_and_live")


def test_vouchers_are_made_of_approved_test_batches_only(here: Staffed, sandbox: tuple[Batch, list[Shop]]):
    """No live batch, no draft, no list; then nobody is made either."""
    till = sandbox[1][0]
    draft = here.zhao.draft(is_test=True)
    terms = here.zhao.batch_terms()
    unapproved = here.zhao.post(f"/campaigns/{draft}/batches", terms, expect=201)["batch_id"]
    listed = here.batch(campaign={"is_test": True}, mode="targeted")
    people = here.town.one("SELECT COUNT(*) FROM sandbox_citizen")
    for batch_id in (here.batch().batch_id, unapproved, listed.batch_id, "bat_1"):
        refused = ask(till, "customers", {"vouchers": [{"batch_id": batch_id}]})
        assert (refused.status, refused.body["code"]) == (404, "batch_not_found")
    assert here.town.one("SELECT COUNT(*) FROM sandbox_citizen") == people


def test_limits_and_stock_are_those_of_everybody(here: Staffed):
    """One a person; two in all; who is refused leaves nothing behind."""
    batch, (till, _) = sandboxed(here.zhao, here.qian, stock=2, person_limit=1)
    twice = {"vouchers": [{"batch_id": batch.batch_id}] * 2}
    assert ask(till, "customers", twice, "sandbox-twice").body["code"] == "person_limit"
    for _ in range(2):
        customer(till, (batch.batch_id, "usable"))
    once_more = ask(till, "customers", {"vouchers": [{"batch_id": batch.batch_id}]})
    assert (once_more.body["code"], once_more.body["retryable"]) == ("sold_out", True)
    claimed = "SELECT claimed FROM batch WHERE id = :id"
    assert here.town.one(claimed, id=batch.batch_id) == 2


def test_citizens_go_on_claiming_beside_the_sandbox(here: Staffed):
    """The gate counts what the sandbox took: of three two are left."""
    batch, (till, _) = sandboxed(here.zhao, here.qian, stock=3)
    here.town.advance(61_000)
    first = here.citizen()
    first.holds(batch.batch_id)
    customer(till, (batch.batch_id, "usable"))
    here.citizen().holds(batch.batch_id)
    assert here.citizen().claim(batch.batch_id).code == "sold_out"


def test_a_lost_reply_makes_one_customer(here: Staffed, sandbox: tuple[Batch, list[Shop]]):
    """The same key is the same customer; other content under it is refused."""
    batch, (till, _) = sandbox
    wish = {"batch_id": batch.batch_id, "condition": "used"}
    first = ask(till, "customers", {"vouchers": [wish]}, "sandbox-lost-reply")
    again = ask(till, "customers", {"vouchers": [wish]}, "sandbox-lost-reply")
    assert (first.status, again.status, again.replayed) == (201, 200, True) and again.body == first.body
    assert ask(till, "customers", {}, "sandbox-lost-reply").body["code"] == "idempotency_mismatch"
    orders = "SELECT COUNT(*) FROM orders WHERE order_no = :n"
    assert here.town.one(orders, n=f"SANDBOX-{first.body['voucher_ids'][0]}") == 1


def test_nothing_of_it_is_in_live_statistics(here: Staffed, sandbox: tuple[Batch, list[Shop]]):
    """Neither people nor displays nor scans; and the test campaign is not settled."""
    batch, (till, _) = sandbox
    before = here.zhao.get("/ankang-code/counters")
    someone = customer(till, (batch.batch_id, "used"))
    till.scan(code(till, someone["customer_id"], "stale"))
    till.scan(someone["code"], "identity")
    after = here.zhao.get("/ankang-code/counters")
    assert {name: after[name] for name in before} == before
    body = {"cutoff": "2026-11-23T10:00:00+08:00"}
    refused = here.zhao.door.post(f"/organizer/v1/campaigns/{batch.campaign_id}/settlements", body)
    assert refused.status == 409 and refused.code == "wrong_state"
