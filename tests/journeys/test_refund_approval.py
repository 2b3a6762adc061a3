"""A till refunds up to its merchant's limit; above it a supervisor's word is needed, for one refund, once."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.merchants import Member, acts_on, owner
from tests.kit.people import Shop
from tests.kit.problems import refused
from tests.kit.together import all_at_once

ORDER_FEN = 12_000


def sold(here: Staffed, boss: Member, limit_fen: int | None, order_no: str) -> tuple[Shop, str]:
    """A till of a merchant with this limit, and the redemption of an order of 12,000."""
    boss.door.patch("/merchant/v1/settings", {"refund_limit_fen": limit_fen}, expect=200)
    batch, citizen, shop = here.batch(), here.citizen(), boss.shop()
    receipt = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], order_no, gross_fen=ORDER_FEN)
    assert receipt.status == 201, receipt.body
    return shop, receipt.body["redemption_id"]


def approve(boss: Member, order_no: str, refund_fen: int) -> str:
    """The supervisor's word."""
    body = {"order_no": order_no, "refund_fen": refund_fen, "reason": "顾客退货"}
    made: dict[str, Any] = boss.post("/refund-approvals", body, expect=201).body
    assert (made["order_no"], made["refund_fen"]) == (order_no, refund_fen)
    return str(made["approval_id"])


@pytest.mark.case(40)
def test_case_40_a_cashier_cannot_refund_above_the_limit_and_a_supervisor_can(here: Staffed):
    """`approval_required` is decided; the next key names the approval; attempt and use are in the audit log."""
    boss = owner(here.zhao)
    shop, redemption_id = sold(here, boss, 5_000, "O-limit")
    for _ in range(2):
        found = refused(shop.reverse("O-limit", key="refund-limit-1"), 409, "approval_required")
        assert (found["refund_fen"], found["refund_limit_fen"]) == (12_000, 5_000)
        assert found["retryable"] is False
    body = {"order_no": "O-limit", "refund_fen": 12_000, "reason": "顾客退货"}
    refused(boss.hire("cashier").post("/refund-approvals", body), 403, "forbidden")
    approval_id = approve(boss, "O-limit", 12_000)
    refused(shop.reverse("O-limit", key="refund-limit-1"), 409, "approval_required")
    mixed = shop.reverse("O-limit", key="refund-limit-1", approval_id=approval_id)
    refused(mixed, 422, "idempotency_mismatch")
    done = shop.reverse("O-limit", key="refund-limit-2", approval_id=approval_id)
    assert (done.status, done.body["state"], done.body["reversed_fen"]) == (201, "reversed", 12_000)
    again = shop.reverse("O-limit", key="refund-limit-2", approval_id=approval_id)
    assert (again.status, again.replayed, again.body) == (200, True, done.body)
    assert shop.reverse("O-limit").body == done.body, "what is reversed needs no word any more"
    assert acts_on(here.town, redemption_id) == [
        ("refund.over_limit", "done"),
        ("refund.over_limit", "approval_required"),
    ]
    assert acts_on(here.town, approval_id) == [("refund.approve", "done")]


def test_the_limit_counts_all_refunds_of_an_order_together(here: Staffed):
    """Nobody passes it in parts; the limit itself is still free."""
    boss = owner(here.zhao)
    shop, _ = sold(here, boss, 5_000, "O-parts")
    assert shop.reverse("O-parts", refund_fen=2_500).status == 201
    assert shop.reverse("O-parts", refund_fen=2_500).status == 201
    refused(shop.reverse("O-parts", refund_fen=1), 409, "approval_required")
    done = shop.reverse("O-parts", refund_fen=1, approval_id=approve(boss, "O-parts", 1))
    assert (done.status, done.body["refunded_fen"]) == (201, 5_001)
    rest = shop.reverse("O-parts", approval_id=approve(boss, "O-parts", 6_999))
    assert (rest.status, rest.body["refundable_fen"]) == (201, 0)
    refused(shop.reverse("O-parts"), 409, "refund_exceeds")


def test_an_approval_is_for_one_order_and_amount_of_one_merchant_once(here: Staffed):
    """Another amount, another order, another merchant, used, made up: one refusal, and nothing is used up by it."""
    boss, rival = owner(here.zhao), owner(here.zhao)
    shop, _ = sold(here, boss, 0, "O-one")
    neighbour, _ = sold(here, rival, 0, "O-one")
    approval_id = approve(boss, "O-one", 4_000)
    refused(shop.reverse("O-one", refund_fen=4_001, approval_id=approval_id), 409, "approval_invalid")
    refused(shop.reverse("O-one", approval_id=approval_id), 409, "approval_invalid")
    refused(neighbour.reverse("O-one", refund_fen=4_000, approval_id=approval_id), 409, "approval_invalid")
    refused(shop.reverse("O-one", refund_fen=4_000, approval_id="rap_made_up"), 409, "approval_invalid")
    assert shop.reverse("O-one", refund_fen=4_000, approval_id=approval_id).status == 201
    refused(shop.reverse("O-one", refund_fen=4_000, approval_id=approval_id), 409, "approval_invalid")
    assert shop.find("O-one").body["refunds"][0]["reversed_fen"] == 4_000


def test_an_approval_ends_after_ten_minutes(here: Staffed):
    """By the platform's clock."""
    boss = owner(here.zhao)
    shop, _ = sold(here, boss, 0, "O-late-word")
    approval_id = approve(boss, "O-late-word", 1_000)
    here.town.advance(10 * 60_000)
    refused(shop.reverse("O-late-word", refund_fen=1_000, approval_id=approval_id), 409, "approval_invalid")


def test_more_than_is_left_is_refused_as_such_and_uses_no_approval(here: Staffed):
    """`refund_exceeds` comes first; the approval is still good for its amount."""
    boss = owner(here.zhao)
    shop, _ = sold(here, boss, 0, "O-more")
    approval_id = approve(boss, "O-more", 12_001)
    refused(shop.reverse("O-more", refund_fen=12_001, approval_id=approval_id), 409, "refund_exceeds")
    assert here.town.one("SELECT used_at FROM refund_approval WHERE id = :id", id=approval_id) is None


def test_only_redeemed_orders_of_the_own_merchant_are_approved(here: Staffed):
    """What another merchant sold is not there."""
    boss, rival = owner(here.zhao), owner(here.zhao)
    shop, _ = sold(here, boss, None, "O-mine")
    body = {"order_no": "O-mine", "refund_fen": 1_000, "reason": "顾客退货"}
    refused(rival.post("/refund-approvals", body), 404, "order_not_found")
    assert shop.reverse("O-mine").status == 201, "the platform's limit is above it"
    refused(boss.post("/refund-approvals", body), 409, "order_reversed")


def test_the_limit_is_the_platforms_until_the_owner_sets_one(here: Staffed):
    """And is the platform's again after null."""
    boss = owner(here.zhao)
    assert boss.me["refund_limit_fen"] == 100_000
    for sent, effective in ((0, 0), (70_000, 70_000), (None, 100_000)):
        done = boss.door.patch("/merchant/v1/settings", {"refund_limit_fen": sent}, expect=200)
        assert done.body == {"refund_limit_fen": effective}
        assert boss.get("/me").body["refund_limit_fen"] == effective
    refused(boss.door.patch("/merchant/v1/settings", {"refund_limit_fen": -1}), 400, "amount_invalid")


@pytest.mark.race
def test_one_approval_at_ten_tills_at_once_is_one_refund(here: Staffed):
    """The others are told that it is used."""
    boss = owner(here.zhao)
    shop, _ = sold(here, boss, 0, "O-ten")
    approval_id = approve(boss, "O-ten", 3_000)
    refund = partial(shop.reverse, "O-ten", refund_fen=3_000, approval_id=approval_id)
    answers = all_at_once([refund] * 10)
    assert Counter(answer.body.get("code") for answer in answers) == {None: 1, "approval_invalid": 9}
    assert len(shop.find("O-ten").body["refunds"]) == 1


@pytest.mark.race
def test_a_reversal_that_races_its_redemption_does_not_slip_past_the_limit(here: Staffed):
    """Either it came first, and the number is spent, or the order is redeemed and a word is needed."""
    boss, batch, crowd = owner(here.zhao), here.batch(), here.citizens(8)
    boss.door.patch("/merchant/v1/settings", {"refund_limit_fen": 0}, expect=200)
    shop = boss.shop()
    held = [(citizen.show(), citizen.holds(batch.batch_id), f"O-slip-{n}") for n, citizen in enumerate(crowd)]
    acts = [
        act
        for code, voucher, order_no in held
        for act in (
            partial(shop.redeem, code, [voucher], order_no),
            partial(shop.reverse, order_no),
        )
    ]
    answers = all_at_once(acts)
    outcomes = {
        (redeemed.body.get("code"), undone.body.get("code"))
        for redeemed, undone in zip(answers[::2], answers[1::2], strict=True)
    }
    assert outcomes <= {("order_reversed", None), (None, "approval_required")}
