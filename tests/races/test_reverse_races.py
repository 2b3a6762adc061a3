"""Refunds at the same moment, and refunds that race the redemption they cancel, on both databases."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race


def payable(here: Staffed, batch: Batch) -> tuple[int, int]:
    """What is still payable for this campaign, and how many postings say so."""
    (row,) = here.town.rows(
        "SELECT COALESCE(SUM(CASE WHEN credit = 'payable' THEN amount_fen ELSE -amount_fen END), 0) AS fen,"
        " COUNT(*) AS postings FROM transfer WHERE campaign_id = :c AND 'payable' IN (debit, credit)",
        c=batch.campaign_id,
    )
    return int(row["fen"]), int(row["postings"])


@pytest.mark.case(32)
def test_case_32_twenty_refunds_at_once_are_one_refund(here: Staffed):
    """Twenty keys: one 201, nineteen times the same answer; money and voucher come back once."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    (held,) = citizen.vouchers()
    assert shop.redeem(citizen.show(), [voucher], "O-32-race").status == 201
    answers = all_at_once([lambda: shop.reverse("O-32-race")] * 20)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 19}
    assert all(answer.body == answers[0].body for answer in answers)
    assert answers[0].body["returned"] == [voucher]
    assert payable(here, batch) == (0, 2)
    assert citizen.vouchers() == [held], "available again, with its old expiry"
    assert citizen.claim(batch.batch_id).code == "person_limit"
    figures = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (figures["reversed"], figures["redeemed"], figures["held"]) == (1, 0, 1)


@pytest.mark.case(36)
def test_case_36_a_reversal_and_the_redemption_it_cancels_at_the_same_moment_end_reversed(here: Staffed):
    """Whoever is first: the order ends reversed, the voucher is free, nothing is payable."""
    batch, shop, crowd = here.batch(), here.shop(), here.citizens(12)
    held = [(citizen.holds(batch.batch_id), citizen.show(), f"O-36-{n}") for n, citizen in enumerate(crowd)]
    redeem = [partial(shop.redeem, code, [v], order) for v, code, order in held]
    reverse = [partial(shop.reverse, order) for _, _, order in held]
    answers = all_at_once([act for pair in zip(redeem, reverse, strict=True) for act in pair])
    for redeemed, undone, (voucher, _, order) in zip(answers[::2], answers[1::2], held, strict=True):
        assert undone.status == 201
        if redeemed.status == 201:
            assert undone.body["redemption_id"] == redeemed.body["redemption_id"]
            assert undone.body["returned"] == [voucher]
        else:
            assert (redeemed.status, redeemed.body["code"]) == (409, "order_reversed")
            assert undone.body["redemption_id"] is None
        assert shop.find(order).body["state"] == "reversed"
    won = sum(answer.status == 201 for answer in answers[::2])
    assert payable(here, batch) == (0, 2 * won)
    assert {citizen.vouchers()[0]["status"] for citizen in crowd} == {"issued"}


def test_a_refund_and_a_new_redemption_of_the_same_voucher_never_meet_halfway(here: Staffed):
    """While order A is refunded its voucher is tried for order B: B wins only after A gave it back."""
    batch, shop, crowd = here.batch(), here.shop(), here.citizens(8)
    held = [(citizen.holds(batch.batch_id), citizen.show(), n) for n, citizen in enumerate(crowd)]
    for voucher, code, n in held:
        assert shop.redeem(code, [voucher], f"O-first-{n}").status == 201
    fresh = [citizen.show() for citizen in crowd]
    undo = [partial(shop.reverse, f"O-first-{n}") for *_, n in held]
    again = [
        partial(shop.redeem, code, [v], f"O-second-{n}") for (v, _, n), code in zip(held, fresh, strict=True)
    ]
    answers = all_at_once([*undo, *again])
    assert {answer.status for answer in answers[:8]} == {201}
    assert {answer.body.get("code") for answer in answers[8:]} <= {None, "voucher_used"}
    won = [answer.status == 201 for answer in answers[8:]]
    assert [citizen.vouchers()[0]["status"] == "redeemed" for citizen in crowd] == won
    assert payable(here, batch)[0] == 2_000 * sum(won)
