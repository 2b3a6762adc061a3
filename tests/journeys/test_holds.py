"""Holds, adjustments and samples: what is suspicious is in no batch until a second person has decided."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.journeys.test_payout import (
    FACE,
    approved,
    balances,
    lines,
    paid_owner,
    pay,
    say,
    sell,
    shown,
    word,
)
from tests.kit.people import Batch, Shop
from tests.kit.problems import refused


def settled(here: Staffed, batch: Batch, **more: Any) -> dict[str, Any]:
    """A draft settlement up to now."""
    here.town.advance(1_000)
    found: dict[str, Any] = here.zhao.settled(batch.campaign_id, here.town.now(), **more)
    return found


def redemption(here: Staffed, order_no: str) -> str:
    """Its id."""
    return str(here.town.one("SELECT id FROM redemption WHERE order_no = :n", n=order_no))


def held(here: Staffed, order_no: str) -> str:
    """Zhao puts an order on hold; the case."""
    body = {"redemption_id": redemption(here, order_no), "reason": "举报核查"}
    (case,) = here.zhao.post("/holds", body, expect=201)["items"]
    return str(case["case_id"])


def decide(here: Staffed, case_id: str, to: str) -> dict[str, Any]:
    """Qian decides."""
    body = {"to": to, "reason": "已调取监控与小票"}
    decided: dict[str, Any] = here.qian.post(f"/hold-cases/{case_id}/decisions", body, expect=200)
    return decided


def books_agree(here: Staffed, batch: Batch) -> None:
    """What the postings say is what vouchers, redemptions, adjustments and cases say."""
    report = here.zhao.get(f"/campaigns/{batch.campaign_id}/left-over")
    assert set(report["differences"].values()) == {0}


def of_order(shop: Shop, order_no: str) -> dict[str, Any]:
    """Where the money of an order is, as the till sees it."""
    (item,) = [item for item in shop.till.listing().body["items"] if item["order_no"] == order_no]
    (payout,) = item["payouts"]
    return dict(payout)


@pytest.mark.case(37)
def test_case_37_what_is_held_is_in_no_batch_until_it_comes_free(here: Staffed):
    """Held with a reason; the merchant appeals; a second person lets go, and the next batch holds it."""
    batch, (boss, till) = here.batch(), paid_owner(here)
    good, odd = sell(here, till, batch), sell(here, till, batch)
    case_id = held(here, odd)
    refused(
        here.zhao.door.post(
            "/organizer/v1/holds", {"redemption_id": redemption(here, odd), "reason": "再查"}
        ),
        409,
        "wrong_state",
    )
    march = approved(here, batch)
    (line,) = shown(here, march).values()
    assert (line["redeemed_fen"], line["held_fen"], line["net_fen"]) == (2 * FACE, FACE, FACE)
    assert (of_order(till, odd)["payout"], of_order(till, odd)["settlement_id"]) == ("held", None)
    (own,) = boss.get("/hold-cases").body["items"]
    assert (own["case_id"], own["held_fen"], own["items"][0]["order_no"]) == (case_id, FACE, odd)
    appealed = boss.post(f"/hold-cases/{case_id}/appeals", {"appeal": "婚宴订单，附合同"}, expect=201).body
    assert appealed["state"] == "appealed"
    refused(boss.post(f"/hold-cases/{case_id}/appeals", {"appeal": "再说"}), 409, "wrong_state")
    own_decision = {"to": "released", "reason": "自己放行"}
    path = f"/organizer/v1/hold-cases/{case_id}/decisions"
    refused(here.zhao.door.post(path, own_decision), 403, "self_approval")
    assert decide(here, case_id, "released")["state"] == "released"
    april = approved(here, batch)
    (line,) = shown(here, april).values()
    assert (line["freed_fen"], line["net_fen"]) == (FACE, FACE)
    for found in (march, april):
        (asked,) = lines(here, pay(here, found))[1]
        assert asked["amount"] == "20.00" and say(here, word(asked, "paid")) == ["applied"]
    assert of_order(till, odd)["payout"] == of_order(till, good)["payout"] == "paid"
    assert of_order(till, odd)["bank_reference"] != of_order(till, good)["bank_reference"]
    stranger, _ = paid_owner(here)
    refused(stranger.post(f"/hold-cases/{case_id}/appeals", {"appeal": "x"}), 404, "hold_case_not_found")


def test_what_is_upheld_is_never_paid_and_a_refund_meanwhile_is_not_taken_twice(here: Staffed):
    """Half of the order was refunded while it was held: half is upheld, half let go against the refund."""
    batch, (_, till) = here.batch(), paid_owner(here)
    order = sell(here, till, batch)
    case_id = held(here, order)
    assert till.reverse(order, refund_fen=6_000).status == 201
    items = decide(here, case_id, "upheld")["items"]
    assert [(item["amount_fen"], item["upheld_fen"]) for item in items] == [(FACE, FACE // 2)]
    march = approved(here, batch)
    (line,) = shown(here, march).values()
    assert (line["net_fen"], line["payout"]) == (0, "none") and pay(here, march)["file"] is None
    assert balances(here, batch) == {} and of_order(till, order)["payout"] == "upheld"
    books_agree(here, batch)


def test_a_hold_after_the_cutoff_lowers_the_payout_of_the_closed_batch(here: Staffed):
    """The lines are frozen; what the books no longer owe is not handed to the bank."""
    batch, (_, till) = here.batch(), paid_owner(here)
    odd = sell(here, till, batch)
    sell(here, till, batch)
    march = approved(here, batch)
    case_id = held(here, odd)
    (asked,) = lines(here, pay(here, march))[1]
    assert asked["amount"] == "20.00" and say(here, word(asked, "paid")) == ["applied"]
    decide(here, case_id, "released")
    (rest,) = lines(here, pay(here, approved(here, batch)))[1]
    assert rest["amount"] == "20.00"


def test_adjustments_take_two_persons_and_stand_in_the_next_batch(here: Staffed):
    """A gesture is a positive line, a claw-back a negative one; more than the budget holds is refused."""
    batch, (boss, till) = here.batch(campaign={"budget_fen": 300_000}), paid_owner(here)
    sell(here, till, batch)
    path = f"/campaigns/{batch.campaign_id}/adjustments"

    def propose(kind: str, fen: int) -> str:
        body = {"merchant_id": boss.me["merchant_id"], "kind": kind, "amount_fen": fen, "reason": "系统故障"}
        return str(here.zhao.post(path, body, expect=201)["adjustment_id"])

    yes = {"to": "approved", "reason": "同意"}
    gesture = propose("gesture", 500)
    refused(here.zhao.door.post(f"/organizer/v1/adjustments/{gesture}/decisions", yes), 403, "self_approval")
    for adjustment_id in (gesture, propose("clawback", 300)):
        here.qian.post(f"/adjustments/{adjustment_id}/decisions", yes, expect=200)
    refused(here.qian.door.post(f"/organizer/v1/adjustments/{gesture}/decisions", yes), 409, "wrong_state")
    too_much = propose("gesture", 200_000)
    refused(
        here.qian.door.post(f"/organizer/v1/adjustments/{too_much}/decisions", yes), 409, "gesture_too_large"
    )
    (line,) = settled(here, batch)["lines"]
    assert (line["adjusted_fen"], line["net_fen"]) == (200, FACE + 200)
    assert [item["state"] for item in here.zhao.get(path)["items"]] == ["approved", "approved", "proposed"]
    books_agree(here, batch)


def test_a_batch_is_approved_when_its_sample_has_been_looked_at(here: Staffed):
    """Half of it is drawn; what looks odd goes on hold, and its money is not paid."""
    batch, (_, till) = here.batch(), paid_owner(here)
    for _ in range(3):
        sell(here, till, batch)
    draft = settled(here, batch, review_percent=50)
    path = f"/settlements/{draft['settlement_id']}"
    sample = here.zhao.get(f"{path}/sample")
    assert (len(sample["items"]), sample["missing"]) == (2, 2)
    approval = here.qian.door.post(f"/organizer/v1{path}/approvals", {"reason": "核对"})
    refused(approval, 409, "review_incomplete")
    for item, verdict in zip(sample["items"], ("good", "suspicious"), strict=True):
        body = {"line_id": item["line_id"], "verdict": verdict, "reason": "票据核对"}
        left = here.zhao.post(f"{path}/reviews", body, expect=200)
    assert left["missing"] == 0
    here.qian.post(f"{path}/approvals", {"reason": "核对"}, expect=200)
    assert pay(here, path)["file"]["total_fen"] == 2 * FACE


def test_a_scan_holds_what_a_rule_names_once(here: Staffed):
    """Ten at one till within five minutes: a burst; what was let go is not held for it again."""
    batch, (_, till) = here.batch(), paid_owner(here)
    for _ in range(10):
        sell(here, till, batch)
    path = f"/campaigns/{batch.campaign_id}/hold-scans"
    (case,) = here.zhao.post(path, {}, expect=201)["items"]
    assert (case["rule"], case["held_fen"], len(case["items"])) == ("burst", 10 * FACE, 10)
    assert "10 in five minutes" in case["items"][0]["evidence"]
    assert here.zhao.post(path, {}, expect=201)["items"] == []
    assert decide(here, case["case_id"], "released")["held_fen"] == 0
    assert here.zhao.post(path, {}, expect=201)["items"] == []
    (listed,) = here.zhao.get(f"/campaigns/{batch.campaign_id}/hold-cases")["items"]
    assert here.zhao.get(f"/hold-cases/{case['case_id']}") == listed
