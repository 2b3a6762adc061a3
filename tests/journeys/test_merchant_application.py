"""Becoming a merchant: applied for by who proved a phone, returned, corrected, approved, with a history that stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.conftest import Staffed
from tests.kit.merchants import LICENCE, Applicant, acts_on, credit_code, papers
from tests.kit.problems import refused


def test_an_application_is_returned_corrected_and_approved(here: Staffed):
    """State, reason and history are there for the applicant all the time; approval makes the merchant once."""
    applicant = Applicant(here.town)
    first = applicant.apply().body
    assert (first["state"], first["submission"], first["merchant_id"]) == ("submitted", 1, None)
    refused(applicant.correct(), 409, "wrong_state")
    assert applicant.review(here.zhao, "returns", reason="营业执照看不清").status == 200
    shown = applicant.look()
    assert (shown["state"], shown["history"][-1]["reason"]) == ("returned", "营业执照看不清")
    refused(applicant.review(here.zhao, "approvals"), 409, "wrong_state")
    better = {**LICENCE, "file_name": "营业执照 2.jpg"}
    again = applicant.correct(credit_code=first["credit_code"], documents=[better])
    assert (again.status, again.body["state"], again.body["submission"]) == (201, "submitted", 2)
    stale = refused(applicant.review(here.zhao, "approvals", submission=1), 409, "wrong_state")
    assert stale["submission"] == 2, "nobody approves what was corrected meanwhile"
    approved = applicant.review(here.zhao, "approvals", submission=2, reason="核对无误")
    assert (approved.status, approved.body["state"]) == (200, "approved")
    shown = applicant.look()
    assert shown["merchant_id"] == approved.body["merchant_id"]
    assert [document["file_name"] for document in shown["documents"]] == ["营业执照 2.jpg"]
    assert [(event["act"], event["submission"], event["reason"]) for event in shown["history"]] == [
        ("submit", 1, ""),
        ("return", 1, "营业执照看不清"),
        ("submit", 2, ""),
        ("approve", 2, "核对无误"),
    ]
    assert "actor_id" not in shown["history"][1]
    (made,) = here.town.rows("SELECT name, status FROM merchant WHERE id = :id", id=shown["merchant_id"])
    assert made == {"name": "大观楼小吃", "status": "active"}
    for word in ("returns", "rejections", "approvals"):
        refused(applicant.review(here.zhao, word, submission=2), 409, "wrong_state")


def test_the_organizer_sees_everything_and_the_look_is_in_the_audit_log(here: Staffed):
    """List by state, one application in the clear; refused attempts are in the log, too."""
    applicant = Applicant(here.town)
    applicant.apply()
    listed = here.zhao.get("/merchant-applications?state=submitted")["items"]
    assert listed[0]["application_id"] == applicant.application_id and "phone" not in listed[0]
    shown = here.zhao.get(f"/merchant-applications/{applicant.application_id}")
    assert (shown["contact_name"], shown["phone"]) == ("慕容掌柜", applicant.person.phone)
    assert shown["account_number"] == "6228480012345678901"
    assert applicant.review(here.zhao, "rejections", reason="非本区商户").status == 200
    assert applicant.review(here.zhao, "approvals").status == 409
    assert acts_on(here.town, applicant.application_id) == [
        ("application.approve", "wrong_state"),
        ("application.reject", "done"),
        ("application.look", "done"),
    ]
    shown = here.zhao.get(f"/merchant-applications/{applicant.application_id}")
    assert shown["history"][-1]["actor_id"] == here.town.one(
        "SELECT id FROM staff WHERE login = :login", login=here.zhao.login
    )


def test_a_credit_code_has_one_application_at_a_time(here: Staffed):
    """A second applicant is refused until the first one's was rejected."""
    one, two, code = Applicant(here.town), Applicant(here.town), credit_code(900_001)
    one.apply(credit_code=code)
    refused(two.apply(credit_code=code, expect=409), 409, "credit_code_taken")
    assert one.review(here.zhao, "rejections").status == 200
    assert two.apply(credit_code=code).status == 201


def test_nobody_sees_or_corrects_another_ones_application(here: Staffed):
    """404, and it is not in the list; strangers are turned away at the door."""
    one, two = Applicant(here.town), Applicant(here.town)
    one.apply()
    refused(two.door.get(one.path), 404, "application_not_found")
    refused(two.door.post(f"{one.path}/submissions", papers()), 404, "application_not_found")
    assert two.door.get("/merchant/v1/applications", expect=200).body["items"] == []
    assert [item["application_id"] for item in one.door.get("/merchant/v1/applications").body["items"]] == [
        one.application_id
    ]
    one.door.token = None
    refused(one.door.get(one.path), 401, "not_signed_in")


@pytest.mark.parametrize(
    "wrong",
    [
        {"credit_code": "911100006000373411"},
        {"contact_name": "张 3"},
        {"account_number": "12345"},
        {"documents": []},
        {"documents": [{**LICENCE, "kind": "other"}]},
        {"documents": [{**LICENCE, "sha256": "ABC"}]},
        {"documents": [{**LICENCE, "size_bytes": 0}]},
        {"phone": "13800000001"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_papers_with_a_fault_are_refused_at_the_door(here: Staffed, wrong: dict[str, Any]):
    """By field; the phone is the session's and cannot be another one."""
    found = refused(Applicant(here.town).apply(expect=400, **wrong), 400, "request_invalid")
    assert found["errors"][0]["field"].startswith(next(iter(wrong)))


def test_the_same_key_is_the_same_application(here: Staffed):
    """Also after a lost reply; other papers under it are refused."""
    applicant, body = Applicant(here.town), papers()
    first = applicant.door.post("/merchant/v1/applications", body, "apply-once", expect=201)
    again = applicant.door.post("/merchant/v1/applications", body, "apply-once", expect=200)
    assert again.body == first.body
    other = applicant.door.post("/merchant/v1/applications", papers(), "apply-once")
    refused(other, 422, "idempotency_mismatch")


def test_nothing_personal_is_in_the_clear(here: Staffed):
    """Not the contact, not the account, not a file's name: in no column and no log."""
    applicant = Applicant(here.town)
    applicant.apply(
        contact_name="上官燕窝",
        account_name="上官燕窝个人户",
        account_number="6217001234567890123",
        documents=[{**LICENCE, "file_name": "上官燕窝 340803195001010019.jpg"}],
    )
    applicant.review(here.zhao, "returns")
    stored = "".join(
        str(here.town.rows(f"SELECT * FROM {table}"))
        for table in (
            "merchant_application",
            "application_event",
            "application_document",
            "idempotency",
            "audit_log",
        )
    )
    for text in (stored, here.town.log("web")):
        for secret in ("上官燕窝", "6217001234567890123", "340803195001010019", applicant.person.phone):
            assert secret not in text


@pytest.mark.parametrize(
    "change", ["UPDATE application_event SET reason = 'x'", "DELETE FROM application_event"]
)
def test_the_history_is_only_ever_added_to(here: Staffed, change: str):
    """The database refuses anything else."""
    Applicant(here.town).apply()
    with pytest.raises(DBAPIError, match="append-only"):
        here.town.execute(change)
