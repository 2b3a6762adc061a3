"""A merchant's bank account: verified by the organizer's staff; a change is verified again and holds payouts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.merchants import Member, acts_on, owner
from tests.kit.people import Batch
from tests.kit.problems import refused

COOLING_MS = 72 * 3_600_000
OTHER = {
    "bank_name": "徽商银行",
    "account_name": "慕容家小吃店",
    "account_number": "3405 0000 1111 2222",
}


def decide(here: Staffed, account_id: str, word: str) -> Reply:
    """Verify or refuse a version."""
    path = f"/organizer/v1/bank-accounts/{account_id}/{word}"
    return here.zhao.door.post(path, {"reason": "与开户证明一致"})


def settled(here: Staffed, boss: Member, batch: Batch) -> dict[str, Any]:
    """The merchant sells once more, and everything until now is settled."""
    shop, citizen = boss.shop(), here.citizen()
    assert shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)]).status == 201
    here.town.advance(1_000)
    return here.zhao.settled(batch.campaign_id, here.town.now())


def lines(batch: dict[str, Any]) -> list[tuple[int, str, str | None]]:
    """What is due, and whether it may be paid."""
    return [(line["net_fen"], line["payout"], line["hold_reason"]) for line in batch["lines"]]


def test_a_changed_account_starts_the_cooling_period_and_holds_the_payout(here: Staffed):
    """Verified: open. Changed: held for 72 hours, also once verified; then open. The frozen lines never change."""
    boss, batch = owner(here.zhao), here.batch()
    path = f"/settlements/{settled(here, boss, batch)['settlement_id']}"
    assert lines(here.zhao.get(path)) == [(2_000, "held", "bank_unverified")]
    (first,) = boss.get("/bank-accounts").body["items"]
    assert (first["version"], first["state"], first["account_masked"]) == (1, "pending", "****8901")
    assert decide(here, first["account_id"], "verifications").body["state"] == "verified"
    frozen = here.zhao.get(path)
    assert (lines(frozen), frozen["held_fen"]) == ([(2_000, "open", None)], 0)
    finance = boss.hire("finance")
    changed = finance.post("/bank-accounts", OTHER, expect=201).body
    assert (changed["version"], changed["state"], changed["account_masked"]) == (2, "pending", "****2222")
    held = here.zhao.get(path)
    assert (lines(held), held["held_fen"]) == ([(2_000, "held", "bank_cooling")], 2_000)
    assert decide(here, changed["account_id"], "verifications").status == 200
    assert lines(here.zhao.get(path)) == [(2_000, "held", "bank_cooling")]
    (own,) = finance.get("/settlements").body["items"]
    until = held["lines"][0]["hold_until"]
    assert (own["settlement_id"], own["net_fen"], own["payout"], own["hold_until"]) == (
        frozen["settlement_id"],
        2_000,
        "held",
        until,
    )
    assert finance.get("/bank-accounts").body["hold_until"] == until
    here.town.advance(COOLING_MS)
    released = here.zhao.get(path)
    assert released == frozen, "to be paid again, and nothing of it has changed"


def test_a_refused_change_is_as_if_it_had_never_been(here: Staffed):
    """The account before stands, and nothing is held any longer."""
    boss, batch = owner(here.zhao), here.batch()
    (first,) = boss.get("/bank-accounts").body["items"]
    decide(here, first["account_id"], "verifications")
    changed = boss.post("/bank-accounts", OTHER, expect=201).body
    assert boss.get("/bank-accounts").body["hold_reason"] == "bank_cooling"
    assert decide(here, changed["account_id"], "refusals").body["state"] == "refused"
    assert boss.get("/bank-accounts").body["hold_reason"] is None
    assert lines(settled(here, boss, batch)) == [(2_000, "open", None)]


def test_a_second_change_replaces_the_one_that_waits(here: Staffed):
    """What was replaced can no longer be verified; what was decided stays as it is."""
    boss = owner(here.zhao)
    second = boss.post("/bank-accounts", OTHER, expect=201).body
    third = boss.post("/bank-accounts", {**OTHER, "account_number": "340500003333"}, expect=201).body
    refused(decide(here, second["account_id"], "verifications"), 409, "wrong_state")
    assert decide(here, third["account_id"], "verifications").status == 200
    refused(decide(here, third["account_id"], "refusals"), 409, "wrong_state")
    refused(decide(here, "bac_none", "refusals"), 404, "bank_account_not_found")
    items = boss.get("/bank-accounts").body["items"]
    assert [(item["version"], item["state"]) for item in items] == [
        (3, "verified"),
        (2, "replaced"),
        (1, "replaced"),
    ]


def test_a_merchant_without_an_account_is_not_paid(here: Staffed):
    """Registered by the organizer: what is due is held until there is one."""
    shop, batch, citizen = here.shop(), here.batch(), here.citizen()
    assert shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)]).status == 201
    here.town.advance(1_000)
    found = here.zhao.settled(batch.campaign_id, here.town.now())
    assert (lines(found), found["held_fen"]) == ([(2_000, "held", "bank_missing")], 2_000)


def test_the_number_is_in_the_clear_for_who_verifies_only_and_the_look_is_logged(here: Staffed):
    """Sealed at rest; lists show the last four digits."""
    boss = owner(here.zhao, account_number="6217 0099 8877 6655 443")
    boss.post("/bank-accounts", {**OTHER, "account_number": "6217001122334455667"}, expect=201)
    listed = here.zhao.get("/bank-accounts?state=pending")["items"][0]
    assert (listed["account_masked"], "account_number" in listed) == ("****5667", False)
    opened = here.zhao.get(f"/bank-accounts/{listed['account_id']}")
    assert (opened["account_number"], opened["account_name"]) == ("6217001122334455667", "慕容家小吃店")
    assert acts_on(here.town, listed["account_id"]) == [
        ("bank_account.look", "done"),
        ("bank_account.change", "done"),
    ]
    tables = ("bank_account", "idempotency", "audit_log", "merchant_application")
    stored = "".join(str(here.town.rows(f"SELECT * FROM {table}")) for table in tables)
    for number in ("6217001122334455667", "6217009988776655443"):
        assert number not in stored and number not in here.town.log("web")


@pytest.mark.case(40)
def test_case_40_nobody_sees_another_merchants_money(here: Staffed):
    """Each its own account and lines; a cashier none at all."""
    one, two, batch = owner(here.zhao), owner(here.zhao), here.batch()
    settled(here, one, batch)
    assert len(one.get("/settlements").body["items"]) == 1
    assert two.get("/settlements").body["items"] == []
    ids = [{item["account_id"] for item in who.get("/bank-accounts").body["items"]} for who in (one, two)]
    assert ids[0].isdisjoint(ids[1])
    cashier = one.hire("cashier")
    for path in ("/settlements", "/bank-accounts"):
        refused(cashier.get(path), 403, "forbidden")
    refused(cashier.post("/bank-accounts", OTHER), 403, "forbidden")
    log = here.zhao.get("/audit-log?limit=20")["items"]
    tried = [entry["action"] for entry in log if entry["actor_id"] == cashier.me["staff_id"]]
    assert "POST /merchant/v1/bank-accounts" in tried and log[0]["actor"] == "店员"
