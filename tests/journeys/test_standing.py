"""Shut out and let in again by the organizer: at once, with a reason, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import id_number
from tests.kit.problems import refused

WHY = {"reason": "举报核查"}


def ids(here: Staffed, shop: Any) -> dict[str, str]:
    """Merchant, store and terminal of a till."""
    store_id = here.town.one("SELECT store_id FROM terminal WHERE id = :t", t=shop.terminal_id)
    return {"merchants": shop.merchant_id, "stores": store_id, "terminals": shop.terminal_id}


@pytest.mark.case(25)
@pytest.mark.parametrize("subjects", ["merchants", "stores", "terminals"])
def test_case_25_what_is_suspended_signs_in_vain_and_goes_on_when_it_is_readmitted(
    here: Staffed, subjects: str
):
    """An open token is worth nothing meanwhile; the trail names the act, its reason and who did it."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    subject = ids(here, shop)[subjects]
    path = f"/{subjects}/{subject}"
    assert here.zhao.post(f"{path}/suspensions", WHY, expect=200) == {"id": subject, "status": "suspended"}
    refused(shop.redeem(token, [voucher]), 403, f"{subjects.removesuffix('s')}_suspended")
    assert here.zhao.post(f"{path}/suspensions", WHY, expect=409)["code"] == "wrong_state"
    here.zhao.post(f"{path}/readmissions", {"reason": "查无此事"}, expect=200)
    assert shop.redeem(token, [voucher]).status == 201
    entries = [entry for entry in here.zhao.get("/audit-log")["items"] if entry["object_id"] == subject][:3]
    assert [(entry["action"].partition(".")[2], entry["result"]) for entry in entries] == [
        ("readmit", "done"),
        ("suspend", "wrong_state"),
        ("suspend", "done"),
    ]
    assert {entry["actor"] for entry in entries} == {"赵组织"} and entries[-1]["reason"] == WHY["reason"]


def test_a_citizen_is_found_by_number_phone_or_code_and_only_as_a_shop_sees_the_name(here: Staffed):
    """Three ways to one person, none of whose data comes back; each look is in the trail."""
    citizen = here.citizen("欧阳娜娜")
    ways = ({"id_number": citizen.id_number}, {"phone": citizen.phone}, {"code": citizen.show()})
    found = [here.zhao.post("/citizens/look-ups", way, expect=200) for way in ways]
    assert [each["citizen_id"] for each in found] == [citizen.citizen_id] * 3
    assert {each["holder"] for each in found} == {"欧阳*"} and set(found[0]) == {
        "citizen_id",
        "holder",
        "status",
        "applied_at",
    }
    looks = [entry for entry in here.zhao.get("/audit-log")["items"] if entry["action"] == "citizen.look"]
    assert [entry["object_id"] for entry in looks[:3]] == [citizen.citizen_id] * 3


def test_who_is_not_there_is_not_found(here: Staffed):
    """Nor suspended."""
    stranger = {"id_number": id_number(999_999)}
    assert here.zhao.post("/citizens/look-ups", stranger, expect=404)["code"] == "citizen_not_found"
    for subjects in ("citizens", "merchants", "stores", "terminals"):
        answer = here.zhao.post(f"/{subjects}/nobody/suspensions", WHY, expect=404)
        assert answer["code"] == f"{subjects.removesuffix('s')}_not_found"


def test_two_ways_at_once_are_no_way(here: Staffed):
    """One of the three is asked for."""
    both = {"phone": "13800000000", "code": "88112345678912345670"}
    assert here.zhao.post("/citizens/look-ups", both, expect=400)["code"] == "request_invalid"
