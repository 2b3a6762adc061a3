"""What organizers do to a campaign: two persons, lint, edits that harm nobody, pause and close."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import iso
from tests.kit.problems import refused


@pytest.mark.case(7)
def test_case_07_a_campaign_needs_two_persons_and_the_log_shows_both(here: Staffed):
    """A draft is invisible and unclaimable, its author may not approve it, another organizer does."""
    citizen = here.citizen()
    campaign_id = here.zhao.draft()
    batch = here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {"reason": "请审核"}, expect=200)
    listed = citizen.door.get("/api/v1/campaigns", expect=200).body["items"]
    assert campaign_id not in [campaign["campaign_id"] for campaign in listed]
    refused(citizen.door.get(f"/api/v1/campaigns/{campaign_id}"), 404, "campaign_not_found")
    for _ in range(3):
        refused(citizen.claim(batch["batch_id"]), 404, "batch_not_found")
    refused(here.zhao.door.post(f"/organizer/v1/campaigns/{campaign_id}/approvals", {}), 403, "self_approval")
    approved = here.qian.post(f"/campaigns/{campaign_id}/approvals", {"reason": "核对无误"}, expect=200)
    assert (approved["state"], approved["approver_id"] != approved["author_id"]) == ("approved", True)
    assert citizen.door.get(f"/api/v1/campaigns/{campaign_id}", expect=200).body["state"] == "approved"
    log = [
        entry for entry in here.qian.get("/audit-log?limit=100")["items"] if entry["object_id"] == campaign_id
    ]
    assert [(entry["actor"], entry["action"], entry["result"]) for entry in reversed(log)] == [
        ("赵组织", "campaign.create", "done"),
        ("赵组织", "batch.create", "done"),
        ("赵组织", "campaign.submit", "done"),
        ("赵组织", "campaign.approve", "self_approval"),
        ("钱审核", "campaign.approve", "done"),
    ]
    assert log[0]["reason"] == "核对无误" and log[0]["at"]


def test_a_test_campaign_is_no_offer(here: Staffed):
    """Who knows its id finds it; the list for everybody does not name it."""
    trial, live = here.batch(campaign={"is_test": True}).campaign_id, here.batch().campaign_id
    door = here.citizen().door
    listed = [each["campaign_id"] for each in door.get("/api/v1/campaigns", expect=200).body["items"]]
    assert live in listed and trial not in listed
    assert door.get(f"/api/v1/campaigns/{trial}", expect=200).body["campaign_id"] == trial


def test_a_draft_cannot_be_approved_before_it_was_submitted_and_a_rejected_one_is_a_draft_again(
    here: Staffed,
):
    """The state table decides; what is not in it is `wrong_state` and changes nothing."""
    campaign_id = here.zhao.draft()
    here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    path = f"/organizer/v1/campaigns/{campaign_id}"
    for word in ("approvals", "rejections", "pause", "resume", "close"):
        refused(here.qian.door.post(f"{path}/{word}", {}), 409, "wrong_state")
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    refused(here.zhao.door.post(f"{path}/batches", here.zhao.batch_terms()), 409, "wrong_state")
    here.qian.post(f"/campaigns/{campaign_id}/rejections", {"reason": "库存不符"}, expect=200)
    assert here.zhao.get(f"/campaigns/{campaign_id}")["state"] == "draft"


@pytest.mark.case(8)
def test_case_08_lint_names_every_fault_with_its_field_and_creates_nothing(here: Staffed):
    """End before start, start in the past, face not below threshold, budget below stock × face: one entry each."""
    now = here.town.now()
    faulty: dict[str, tuple[str, dict[str, Any]]] = {
        "end_before_start": ("claim_to", {"claim_to": iso(now + 30_000)}),
        "start_in_the_past": ("claim_from", {"claim_from": iso(now - 1_000)}),
        "face_not_below_threshold": ("face_fen", {"face_fen": 10_000, "stock": 1}),
        "budget_too_small": ("budget_fen", {"stock": 51}),
    }
    campaign_id = here.zhao.draft(budget_fen=100_000)
    path = f"/organizer/v1/campaigns/{campaign_id}/batches"
    for code, (field, terms) in faulty.items():
        body = {**here.zhao.batch_terms(stock=50), **terms}
        problem = refused(here.zhao.door.post(path, body), 422, "campaign_invalid")
        assert [(fault["code"], fault["field"]) for fault in problem["errors"]] == [(code, field)]
        assert all(fault["message"] for fault in problem["errors"])
    together = {
        "claim_from": iso(now - 1_000),
        "claim_to": iso(now - 2_000),
        "face_fen": 10_000,
        "threshold_fen": 10_000,
        "stock": 11,
    }
    problem = refused(here.zhao.door.post(path, here.zhao.batch_terms(**together)), 422, "campaign_invalid")
    assert sorted(fault["code"] for fault in problem["errors"]) == sorted(faulty)
    assert here.zhao.get(f"/campaigns/{campaign_id}")["batches"] == []
    assert here.town.one("SELECT COUNT(*) FROM batch WHERE campaign_id = :c", c=campaign_id) == 0


@pytest.mark.case(8)
def test_case_08_what_became_faulty_by_waiting_is_refused_at_submission_and_at_approval(here: Staffed):
    """A start that has passed meanwhile; a campaign without a batch; `lint` says so and changes nothing."""
    empty = here.zhao.draft()
    path = f"/organizer/v1/campaigns/{empty}"
    problem = refused(here.zhao.door.post(f"{path}/submissions", {}), 422, "campaign_invalid")
    assert [fault["code"] for fault in problem["errors"]] == ["no_batch"]
    late, late_in_review = here.zhao.draft(), here.zhao.draft()
    for campaign_id in (late, late_in_review):
        here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    here.zhao.post(f"/campaigns/{late_in_review}/submissions", {}, expect=200)
    here.town.advance(61_000)
    assert [
        (fault["field"], fault["code"]) for fault in here.zhao.post(f"/campaigns/{late}/lint", {})["faults"]
    ] == [("batches[0].claim_from", "start_in_the_past")]
    for organizer, campaign_id, word in (
        (here.zhao, late, "submissions"),
        (here.qian, late_in_review, "approvals"),
    ):
        answer = organizer.door.post(f"/organizer/v1/campaigns/{campaign_id}/{word}", {})
        assert refused(answer, 422, "campaign_invalid")["errors"][0]["code"] == "start_in_the_past"
    assert here.zhao.get(f"/campaigns/{late_in_review}")["state"] == "in_review"


@pytest.mark.case(9)
def test_case_09_stock_never_falls_below_what_is_issued_and_a_raise_is_claimable_at_once(here: Staffed):
    """5 issued of 5: 4 is refused, worse rules are refused, 8 is accepted and exactly 3 more are claimed at once."""
    batch = here.batch(stock=5)
    crowd = here.citizens(9)
    vouchers = [citizen.claim(batch.batch_id, expect=201).body["voucher"] for citizen in crowd[:5]]
    refused(crowd[5].claim(batch.batch_id, key="waits-for-more"), 409, "sold_out")
    path = f"/organizer/v1/batches/{batch.batch_id}"
    assert refused(here.zhao.door.patch(path, {"stock": 4}), 409, "harmful_edit")["claimed"] == 5
    worse = {
        "face_fen": 1_000,
        "threshold_fen": 20_000,
        "valid_days": 1,
        "claim_to": iso(here.town.now() + 1),
    }
    for field, value in worse.items():
        problem = refused(here.zhao.door.patch(path, {field: value, "stock": 8}), 409, "harmful_edit")
        assert problem["fields"] == [field]
    raised = here.zhao.door.patch(path, {"stock": 8}, expect=200).body
    assert (raised["stock"], raised["claimed"], raised["remaining"]) == (8, 5, 3)
    crowd[5].claim(batch.batch_id, key="waits-for-more", expect=201)
    for citizen in crowd[6:8]:
        citizen.claim(batch.batch_id, expect=201)
    refused(crowd[8].claim(batch.batch_id), 409, "sold_out")
    (held,) = crowd[0].vouchers()
    assert held == {**vouchers[0], "rule": held["rule"]}
    (public,) = crowd[0].door.get(f"/api/v1/campaigns/{batch.campaign_id}").body["batches"]
    assert (public["stock"], public["remaining"]) == (8, 0)


def test_a_draft_may_still_change_in_every_term_within_the_lint(here: Staffed):
    """Name, budget, face and window of a draft; a faulty edit is refused and leaves it as it was."""
    campaign_id = here.zhao.draft(budget_fen=200_000)
    made = here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    path = f"/organizer/v1/batches/{made['batch_id']}"
    edited = here.zhao.door.patch(
        path, {"name": "满50减10", "face_fen": 1_000, "threshold_fen": 5_000}, expect=200
    )
    assert (edited.body["face_fen"], edited.body["threshold_fen"]) == (1_000, 5_000)
    refused(here.zhao.door.patch(path, {"face_fen": 6_000, "stock": 1}), 422, "campaign_invalid")
    campaign = f"/organizer/v1/campaigns/{campaign_id}"
    assert here.zhao.door.patch(campaign, {"budget_fen": 100_000}, expect=200).body["batches"] == [
        edited.body
    ]
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    refused(here.zhao.door.patch(campaign, {"budget_fen": 1}), 409, "wrong_state")


def test_a_raise_beyond_the_budget_is_refused_and_changes_nothing(here: Staffed):
    """Stock × face may never promise more than the budget holds."""
    campaign_id = here.zhao.draft(budget_fen=20_000)
    made = here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(stock=10), expect=201)
    path = f"/organizer/v1/batches/{made['batch_id']}"
    problem = refused(here.zhao.door.patch(path, {"stock": 11}), 422, "campaign_invalid")
    assert problem["errors"][0]["field"] == "budget_fen"
    assert here.zhao.get(f"/campaigns/{campaign_id}")["batches"][0]["stock"] == 10


@pytest.mark.case(10)
def test_case_10_a_pause_stops_claims_while_issued_vouchers_stay_good(here: Staffed):
    """Claims get `campaign_paused` (the same key succeeds after the resume); what was claimed is redeemed meanwhile."""
    batch, early, late, shop = here.batch(), here.citizen(), here.citizen(), here.shop()
    voucher = early.holds(batch.batch_id)
    here.zhao.post(f"/campaigns/{batch.campaign_id}/pause", {"reason": "核查"}, expect=200)
    problem = refused(late.claim(batch.batch_id, key="paused-claim"), 409, "campaign_paused")
    assert problem["retryable"] is True
    assert shop.redeem(early.show(), [voucher]).status == 201
    assert late.door.get(f"/api/v1/campaigns/{batch.campaign_id}").body["state"] == "paused"
    here.zhao.post(f"/campaigns/{batch.campaign_id}/resume", {}, expect=200)
    late.claim(batch.batch_id, key="paused-claim", expect=201)


def test_after_close_nobody_claims_and_issued_vouchers_stay_good(here: Staffed):
    """`claim_ended` for claims, a redemption for the holder."""
    batch, early, late, shop = here.batch(), here.citizen(), here.citizen(), here.shop()
    voucher = early.holds(batch.batch_id)
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {}, expect=200)
    refused(late.claim(batch.batch_id), 409, "claim_ended")
    assert shop.redeem(early.show(), [voucher]).status == 201
