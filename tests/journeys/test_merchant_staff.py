"""A merchant runs itself: stores, terminals, keys, staff; what is another merchant's is not there."""

from __future__ import annotations

import pytest

from app import once
from tests.conftest import Staffed
from tests.kit.merchants import Applicant, acts_on, owner
from tests.kit.problems import refused
from tests.kit.town import PASSWORD

PARTS = ("stores", "terminals", "staff")


def test_an_approved_merchant_adds_store_terminal_and_cashier_and_redeems(here: Staffed):
    """From the owner's login to the first receipt."""
    boss = owner(here.zhao)
    shop, cashier = boss.shop(), boss.hire("cashier")
    assert (cashier.me["role"], cashier.me["merchant"]) == ("cashier", "大观楼小吃")
    batch, citizen = here.batch(), here.citizen()
    voucher = citizen.holds(batch.batch_id)
    receipt = shop.redeem(citizen.show(), [voucher])
    assert (receipt.status, receipt.body["merchant"], receipt.body["store"]) == (201, "大观楼小吃", "菱湖店")
    (terminal,) = boss.get("/terminals").body["items"]
    assert (terminal["terminal_id"], terminal["status"]) == (shop.terminal_id, "active")
    assert [member["role"] for member in boss.get("/staff").body["items"]] == ["owner", "cashier"]
    assert acts_on(here.town, shop.terminal_id) == [("key.create", "done"), ("terminal.create", "done")]


def test_the_owners_login_is_chosen_once_and_only_after_approval(here: Staffed):
    """By who applied; a login that somebody has is refused, and nothing else is used up by that."""
    applicant, other = Applicant(here.town), owner(here.zhao)
    applicant.apply()
    path, login = f"{applicant.path}/owner", {"login": "x", "name": "掌柜", "password": PASSWORD}
    refused(applicant.door.post(path, login), 409, "wrong_state")
    assert applicant.review(here.zhao, "approvals").status == 200
    refused(other.door.post(path, login), 401, "not_signed_in")
    refused(Applicant(here.town).door.post(path, login), 404, "application_not_found")
    refused(applicant.door.post(path, {**login, "login": other.login}), 409, "login_taken")
    refused(applicant.door.post(path, {**login, "password": "short"}), 400, "request_invalid")
    applicant.owner()
    refused(applicant.door.post(path, {**login, "login": "another-one"}), 409, "wrong_state")


def test_a_suspension_holds_at_once_and_is_taken_back(here: Staffed):
    """Of a terminal, of a store, of a member of staff in the middle of a session."""
    boss = owner(here.zhao)
    shop, cashier = boss.shop(), boss.hire("cashier")
    (store,) = boss.get("/stores").body["items"]
    for parts, part_id in (("terminals", shop.terminal_id), ("stores", store["store_id"])):
        assert shop.find("O-none").body["code"] == "order_not_found"
        suspended = boss.post(f"/{parts}/{part_id}/suspensions", {"reason": "丢失"}, expect=200).body
        assert suspended == {"id": part_id, "status": "suspended"}
        refused(shop.find("O-none"), 403, f"{parts.removesuffix('s')}_suspended")
        refused(boss.post(f"/{parts}/{part_id}/suspensions", {"reason": "丢失"}), 409, "wrong_state")
        boss.post(f"/{parts}/{part_id}/resumptions", {"reason": "找到了"}, expect=200)
    assert shop.find("O-none").body["code"] == "order_not_found"
    who = cashier.me["staff_id"]
    boss.post(f"/staff/{who}/suspensions", {"reason": "离职"}, expect=200)
    refused(cashier.get("/me"), 401, "not_signed_in")
    body = {"login": cashier.login, "password": PASSWORD}
    refused(cashier.door.send("POST", "/merchant/v1/sessions", body), 401, "login_wrong")
    assert acts_on(here.town, who) == [("merchant_staff.suspend", "done"), ("staff.create", "done")]
    refused(boss.post(f"/staff/{boss.me['staff_id']}/suspensions", {"reason": "x"}), 409, "wrong_state")


@pytest.mark.parametrize("table", ["store", "terminal", "merchant_staff"])
def test_what_the_organizer_suspended_the_owner_cannot_take_back(here: Staffed, table: str):
    """Only the own suspension."""
    boss = owner(here.zhao)
    shop, cashier = boss.shop(), boss.hire("cashier")
    part_id = {
        "store": boss.get("/stores").body["items"][0]["store_id"],
        "terminal": shop.terminal_id,
        "merchant_staff": cashier.me["staff_id"],
    }[table]
    staff_id = here.town.one("SELECT id FROM staff WHERE login = :login", login=here.zhao.login)
    here.town.execute(
        f"UPDATE {table} SET status = 'suspended', suspended_by = :by WHERE id = :id", by=staff_id, id=part_id
    )
    parts = "staff" if table == "merchant_staff" else f"{table}s"
    refused(boss.post(f"/{parts}/{part_id}/resumptions", {"reason": "x"}), 409, "wrong_state")


@pytest.mark.case(40)
def test_case_40_a_merchant_never_sees_another_merchants_things(here: Staffed):
    """404 whatever is tried, nothing in the lists, and nothing changes."""
    one, two = owner(here.zhao), owner(here.zhao)
    shop, cashier = one.shop(), one.hire("cashier")
    theirs = {
        "stores": one.get("/stores").body["items"][0]["store_id"],
        "terminals": shop.terminal_id,
        "staff": cashier.me["staff_id"],
    }
    missing = {"stores": "store_not_found", "terminals": "terminal_not_found", "staff": "staff_not_found"}
    for parts, part_id in theirs.items():
        for word in ("suspensions", "resumptions"):
            refused(two.post(f"/{parts}/{part_id}/{word}", {"reason": "x"}), 404, missing[parts])
    refused(two.post(f"/terminals/{shop.terminal_id}/keys"), 404, "terminal_not_found")
    body = {"name": "收银台", "store_id": theirs["stores"]}
    refused(two.post("/terminals", body), 404, "store_not_found")
    assert [two.get(f"/{parts}").body["items"] for parts in ("stores", "terminals")] == [[], []]
    assert len(two.get("/staff").body["items"]) == 1
    assert ("key.create", "terminal_not_found") in acts_on(here.town, shop.terminal_id)
    assert shop.find("O-none").body["code"] == "order_not_found"


def test_a_password_is_locked_after_five_wrong_ones(here: Staffed):
    """As for the organizer's staff; merchants' logins open no other door."""
    boss = owner(here.zhao)
    refused(boss.door.get("/organizer/v1/campaigns"), 401, "not_signed_in")
    refused(boss.door.get("/api/v1/vouchers"), 401, "not_signed_in")
    path = "/merchant/v1/sessions"
    for _ in range(5):
        refused(boss.door.send("POST", path, {"login": boss.login, "password": "wrong"}), 401, "login_wrong")
    right = {"login": boss.login, "password": PASSWORD}
    refused(boss.door.send("POST", path, right), 401, "login_wrong")
    here.town.advance(15 * 60_000 + 1_000)
    assert boss.door.send("POST", path, right).status == 201


def test_no_password_can_be_guessed_from_what_is_stored(here: Staffed):
    """Neither the password nor a plain hash of the request is kept: what is remembered of a body is keyed."""
    boss = owner(here.zhao)
    body = {"login": f"till-{boss.login}", "name": "店员", "role": "cashier", "password": PASSWORD}
    boss.post("/staff", body, expect=201)
    tables = ("idempotency", "merchant_staff", "audit_log")
    stored = "".join(str(here.town.rows(f"SELECT * FROM {table}")) for table in tables)
    assert body["login"] in stored
    assert PASSWORD not in stored and once.request_hash("/merchant/v1/staff", body) not in stored
    assert PASSWORD not in here.town.log("web")
