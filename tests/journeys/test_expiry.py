"""Validity ends: read expired at once, refused at the till, released by the sweeper, once."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, iso
from tests.kit.problems import refused
from tests.kit.servers import wait_for

DAY_MS = 86_400_000


def released(here: Staffed, batch: Batch) -> tuple[int, int]:
    """How often, and how much, this campaign's vouchers were released by expiry."""
    (row,) = here.town.rows(
        "SELECT COUNT(*) AS times, COALESCE(SUM(amount_fen), 0) AS fen FROM transfer"
        " WHERE campaign_id = :c AND kind = 'expire' AND debit = 'issued' AND credit = 'released'",
        c=batch.campaign_id,
    )
    return int(row["times"]), int(row["fen"])


@pytest.mark.case(18)
def test_case_18_seven_days_after_the_claim_a_voucher_is_expired_and_its_budget_released_once(here: Staffed):
    """Good in its last minute; then its state, the quote, the till, the figures and at last the books say expired."""
    batch, shop = here.batch(valid_days=7), here.shop()
    early, late, rich = here.citizens(3)
    used, left, kept = (citizen.holds(batch.batch_id) for citizen in (early, late, rich))
    ends = here.town.one("SELECT MIN(valid_to) FROM voucher WHERE batch_id = :b", b=batch.batch_id)
    here.town.advance(ends - here.town.now() - 60_000)
    assert {citizen.vouchers()[0]["status"] for citizen in (early, late, rich)} == {"issued"}
    assert shop.redeem(early.show(), [used]).status == 201
    last = here.town.one("SELECT MAX(valid_to) FROM voucher WHERE batch_id = :b", b=batch.batch_id)
    here.town.advance(last - here.town.now() + 1_000)
    assert [citizen.vouchers()[0]["status"] for citizen in (early, late, rich)] == [
        "redeemed",
        "expired",
        "expired",
    ]
    quoted = shop.scan(late.show(), gross_fen=12_000).body["quote"]["vouchers"]
    assert [(line["voucher_id"], line["reason"]) for line in quoted] == [(left, "voucher_expired")]
    refused(shop.redeem(rich.show(), [kept]), 409, "voucher_expired")
    totals = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (totals["held"], totals["expired"], totals["redeemed"]) == (0, 2, 1)
    here.town.ring("workers.sweep.expire_vouchers")
    wait_for("the sweeper", lambda: released(here, batch)[0] >= 2, seconds=60)
    assert released(here, batch) == (2, 4_000)
    stored = here.town.rows(
        "SELECT status FROM voucher WHERE batch_id = :b ORDER BY status", b=batch.batch_id
    )
    assert [row["status"] for row in stored] == ["expired", "expired", "redeemed"]
    assert here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"] == totals


def test_a_voucher_of_fixed_dates_is_refused_before_its_first_day(here: Staffed):
    """`voucher_not_yet_valid` until `valid_from`, then it is good."""
    now = here.town.now()
    dates = {"valid_from": iso(now + DAY_MS), "valid_to": iso(now + 50 * DAY_MS)}
    batch = here.batch(valid_days=None, **dates)
    citizen, shop = here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    scanned = shop.scan(citizen.show(), gross_fen=12_000).body
    assert scanned["quote"]["vouchers"][0]["reason"] == "voucher_not_yet_valid"
    refused(shop.redeem(scanned["scan_token"], [voucher]), 409, "voucher_not_yet_valid")
    here.town.advance(now + DAY_MS - here.town.now() + 1)
    assert shop.redeem(citizen.show(), [voucher]).status == 201
