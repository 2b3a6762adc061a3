"""A campaign's books over HTTP: the identity, what is left and why, what goes back to the treasury."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, Organizer, iso
from tests.kit.problems import refused
from tests.kit.servers import wait_for

DAY_MS = 86_400_000
FACE = 2_000


def lines(report: dict[str, Any]) -> dict[str, int]:
    """The amounts of a report that are not 0, by cause."""
    return {line["cause"]: line["amount_fen"] for line in report["lines"] if line["amount_fen"]}


def left_over(here: Staffed, batch: Batch) -> dict[str, Any]:
    """The report; whatever happened, its lines add up and nothing differs."""
    report: dict[str, Any] = here.zhao.get(f"/campaigns/{batch.campaign_id}/left-over")
    assert set(report["differences"].values()) == {0}
    assert (
        sum(line["amount_fen"] for line in report["lines"]) == report["budget_fen"] - report["returned_fen"]
    )
    assert report["free_fen"] + report["reserved_fen"] + report["spent_fen"] == sum(lines(report).values())
    return report


def closed(here: Staffed, batch: Batch) -> None:
    """Nothing is claimed any more."""
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {"reason": "活动结束"}, expect=200)


def returns(batch: Batch) -> str:
    """The address of a campaign's returns."""
    return f"/campaigns/{batch.campaign_id}/treasury-returns"


@pytest.mark.case(39)
def test_what_is_left_and_why_and_what_goes_back(here: Staffed):
    """Vouchers used in full and in part, refunded in part, returned, expired; the rest goes back in two steps."""
    batch = here.batch(stock=10, threshold_fen=0, kind="cash", campaign={"budget_fen": 30_000})
    shop, people = here.shop(), here.citizens(4)
    vouchers = [citizen.holds(batch.batch_id) for citizen in people]
    assert lines(left_over(here, batch)) == {"unclaimed": 22_000, "reserved": 8_000}
    for citizen, voucher, fen in zip(people, vouchers, (10_000, 1_500, 8_000), strict=False):
        assert shop.redeem(citizen.show(), [voucher], order_no=f"O-{voucher}", gross_fen=fen).status == 201
    assert shop.reverse(f"O-{vouchers[2]}", refund_fen=4_000).status == 201
    report = left_over(here, batch)
    used = {"unclaimed": 22_000, "forfeited": 500, "refunded": 1_000, "payable": 4_500}
    assert lines(report) == {**used, "reserved": 2_000} and set(report["returnable"].values()) == {0}
    refused(here.zhao.door.post(f"/organizer/v1{returns(batch)}", {}), 409, "wrong_state")
    closed(here, batch)
    assert left_over(here, batch)["returnable"] == {"budget_fen": 22_000, "released_fen": 1_000}, (
        "the unused 5 yuan come back to their voucher if its redemption is reversed"
    )
    asked = here.zhao.post(returns(batch), {"reason": "活动结束退库"}, expect=201)
    assert (asked["state"], asked["amount_fen"]) == ("requested", 23_000)
    refused(here.qian.door.post(f"/organizer/v1{returns(batch)}", {}), 409, "wrong_state")
    decision = f"/treasury-returns/{asked['return_id']}/approvals"
    refused(here.zhao.door.post(f"/organizer/v1{decision}", {}), 403, "self_approval")
    assert here.qian.post(decision, {"reason": "核对无误"}, expect=200)["state"] == "approved"
    refused(here.qian.door.post(f"/organizer/v1{decision}", {}), 409, "wrong_state")
    refused(here.zhao.door.post(f"/organizer/v1{returns(batch)}", {}), 409, "not_returnable")
    assert shop.reverse(f"O-{vouchers[1]}").status == 201, "what may still be needed was kept"
    here.town.advance(7 * DAY_MS + 61_000)
    here.town.ring("workers.sweep.expire_vouchers")
    wait_for("expiry", lambda: lines(left_over(here, batch)).get("expired") == 4_000, seconds=90)
    again = here.qian.post(returns(batch), {}, expect=201)
    assert (again["budget_fen"], again["released_fen"]) == (0, 4_000)
    decision = f"/treasury-returns/{again['return_id']}"
    assert here.zhao.post(f"{decision}/refusals", {"reason": "金额待核"}, expect=200)["state"] == "refused"
    third = here.qian.post(returns(batch), {}, expect=201)
    here.zhao.post(f"/treasury-returns/{third['return_id']}/approvals", {}, expect=200)
    report = left_over(here, batch)
    assert lines(report) == {
        "unclaimed": 22_000,
        "expired": 4_000,
        "refunded": 1_000,
        "returned": -27_000,
    } | {"payable": 3_000}
    assert (report["free_fen"], report["returned_fen"]) == (0, 27_000)
    here.town.ring("workers.sweep.seal")
    sealed = "SELECT COALESCE(MAX(to_no), 0) FROM seal WHERE scope = :c"
    wait_for("the seal", lambda: here.town.one(sealed, c=batch.campaign_id) == 5, seconds=60)
    states = [each["state"] for each in here.zhao.get(returns(batch))["items"]]
    assert states == ["approved", "refused", "approved"]


def test_the_identity_of_every_campaign_is_0(here: Staffed):
    """Page by page, newest first, a draft among them."""
    batch, draft = here.batch(stock=5), here.zhao.draft()
    here.citizen().holds(batch.batch_id)
    seen: dict[str, dict[str, Any]] = {}
    cursor = ""
    for _ in range(100):
        page = here.qian.get(f"/identity-check?limit=50{cursor}")
        assert page["difference_fen"] == 0
        seen |= {item["campaign_id"]: item for item in page["items"]}
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    found = seen[batch.campaign_id]
    assert found["balances"]["issued"] == FACE and found["balances"]["treasury"] == -found["budget_fen"]
    assert sum(found["balances"].values()) == 0 and set(found["differences"].values()) == {0}
    assert set(seen[draft]["balances"].values()) == {0}


def test_stock_of_a_closed_campaign_stays_as_it_is(here: Staffed):
    """Its money may have gone back."""
    batch = here.batch(stock=5)
    closed(here, batch)
    raised = here.zhao.door.patch(f"/organizer/v1/batches/{batch.batch_id}", {"stock": 6})
    refused(raised, 409, "wrong_state")


@pytest.mark.case(40)
def test_case_40_the_trail_tells_who_tried_what_and_is_filtered(here: Staffed):
    """By actor, action, object, outcome and time, page by page."""
    auditor, author = Organizer(here.town, "auditor", "李审计"), Organizer(here.town, "author", "周经办")
    since = here.town.now() - 1
    campaign_id = author.draft()
    refused(
        author.door.post(f"/organizer/v1/campaigns/{campaign_id}/approvals", {"reason": "x"}),
        403,
        "forbidden",
    )
    refused(
        auditor.door.post("/organizer/v1/campaigns", {"name": "活动", "budget_fen": 1_000}), 403, "forbidden"
    )
    (tried,) = auditor.get(f"/audit-log?object_id={campaign_id}&result=forbidden")["items"]
    assert tried["actor"] == "周经办" and tried["reason"] == "角色 role: author" and tried["at"]
    assert tried["action"] == "POST /organizer/v1/campaigns/<campaign_id>/approvals"[:48]
    (made,) = auditor.get(f"/audit-log?action=campaign.create&actor_id={tried['actor_id']}")["items"]
    assert made["object_id"] == campaign_id and made["result"] == "done"
    window = f"since={iso(since)}&until={iso(here.town.now() + 1)}".replace("+", "%2B")
    first = auditor.get(f"/audit-log?{window}&actor_id={tried['actor_id']}&limit=1")
    assert first["items"] == [tried] and first["next_cursor"] == tried["entry_id"]
    rest = auditor.get(f"/audit-log?{window}&actor_id={tried['actor_id']}&cursor={first['next_cursor']}")
    assert rest["items"] == [made]
    before = auditor.get(f"/audit-log?until={iso(since)}&object_id={campaign_id}".replace("+", "%2B"))
    assert before["items"] == []
