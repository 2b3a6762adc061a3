"""Settlement: an interval closed once, lines that add up, approved by a second person, never changed afterwards."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import iso
from tests.kit.problems import refused


@pytest.mark.case(37)
def test_case_37_every_redemption_is_in_exactly_one_batch_and_the_sums_agree(here: Staffed):
    """Two cutoffs, a reversal before and one after: total = Σ lines = Σ subsidies − reversals; the first is frozen."""
    batch, (one, two) = here.batch(), (here.shop(), here.shop())
    first, second, third, fourth = here.citizens(4)
    vouchers = {citizen: citizen.holds(batch.batch_id) for citizen in (first, second, third, fourth)}
    assert one.redeem(first.show(), [vouchers[first]], "O-kept").status == 201
    assert one.redeem(second.show(), [vouchers[second]], "O-refunded-before").status == 201
    assert two.redeem(third.show(), [vouchers[third]], "O-refunded-after").status == 201
    assert one.reverse("O-refunded-before").status == 201
    here.town.advance(1_000)
    cutoff = here.town.now()
    march = here.zhao.settled(batch.campaign_id, cutoff)
    nets = {
        line["merchant_id"]: (line["redeemed_fen"], line["reversed_fen"], line["net_fen"])
        for line in march["lines"]
    }
    assert nets == {one.merchant_id: (4_000, 2_000, 2_000), two.merchant_id: (2_000, 0, 2_000)}
    assert march["total_fen"] == sum(line["net_fen"] for line in march["lines"]) == 4_000
    refused(
        here.zhao.door.post(f"/organizer/v1/settlements/{march['settlement_id']}/approvals", {}),
        403,
        "self_approval",
    )
    approved = here.qian.post(
        f"/settlements/{march['settlement_id']}/approvals", {"reason": "账实相符"}, expect=200
    )
    assert approved["state"] == "approved"
    assert two.reverse("O-refunded-after").status == 201
    assert one.redeem(fourth.show(), [vouchers[fourth]], "O-late").status == 201
    here.town.advance(1_000)
    april = here.zhao.settled(batch.campaign_id, here.town.now())
    nets = {
        line["merchant_id"]: (line["redeemed_fen"], line["reversed_fen"], line["net_fen"])
        for line in april["lines"]
    }
    assert nets == {one.merchant_id: (2_000, 0, 2_000), two.merchant_id: (0, 2_000, -2_000)}
    assert (april["total_fen"], april["from_no"]) == (0, march["to_no"])
    assert here.zhao.get(f"/settlements/{march['settlement_id']}") == approved
    listed = here.zhao.get(f"/campaigns/{batch.campaign_id}/settlements")["items"]
    assert [item["number"] for item in listed] == [1, 2]
    figures = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert figures["subsidy_fen"] == sum(item["total_fen"] for item in listed) == 4_000


def test_a_cutoff_in_the_future_or_before_the_last_one_is_refused(here: Staffed):
    """The same cutoff again is the same batch, also under another key and by another person."""
    batch = here.batch()
    path = f"/organizer/v1/campaigns/{batch.campaign_id}/settlements"
    cutoff = here.town.now()
    made = here.zhao.settled(batch.campaign_id, cutoff)
    again = here.qian.door.post(path, {"cutoff": iso(cutoff)}, expect=202).body
    assert again["settlement_id"] == made["settlement_id"]
    refused(here.zhao.door.post(path, {"cutoff": iso(here.town.now() + 60_000)}), 422, "cutoff_invalid")
    refused(here.zhao.door.post(path, {"cutoff": iso(cutoff - 1)}), 422, "cutoff_invalid")
    assert len(here.zhao.get(f"/campaigns/{batch.campaign_id}/settlements")["items"]) == 1


def test_drafts_and_test_campaigns_are_never_settled(here: Staffed):
    """There is no money to pay."""
    trial, draft = here.batch(campaign={"is_test": True}).campaign_id, here.zhao.draft()
    for campaign_id in (trial, draft):
        path = f"/organizer/v1/campaigns/{campaign_id}/settlements"
        refused(here.zhao.door.post(path, {"cutoff": iso(here.town.now())}), 409, "wrong_state")
