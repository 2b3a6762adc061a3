"""What the console says first: what waits for whom, what is open now, and the week's redemptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.domain.instants import AHEAD_MS, DAY_MS, HOUR_MS
from campaigns.rollups import sources

DAYS = 7
MOST_OPEN = 20
# What may wait; nobody is told of what only another person may decide.
WAITING = {
    "drafts": "campaign WHERE state = 'draft' AND author_id = :staff_id",
    "reviews": "campaign WHERE state = 'in_review' AND author_id <> :staff_id",
    "values": "lottery WHERE state = 'frozen' AND public_value IS NULL",
    "draws": "lottery WHERE state = 'frozen' AND value_by <> :staff_id",
    "lists": "target_list WHERE state = 'checked' AND uploader_id <> :staff_id",
    "applications": "merchant_application WHERE state = 'submitted'",
    "accounts": "bank_account WHERE state = 'pending'",
    "settlements": "settlement_batch WHERE state = 'computed' AND opener_id <> :staff_id",
    "holds": "hold_case WHERE state IN ('open', 'appealed')",
    "adjustments": "adjustment WHERE state = 'proposed' AND author_id <> :staff_id",
    "returns": "treasury_return WHERE state = 'requested' AND requester_id <> :staff_id",
}
# By which of its columns one of them is found, where there is no list of them.
LED_TO_BY = {"values": "batch_id", "draws": "batch_id", "lists": "batch_id", "adjustments": "campaign_id"}
OPEN = text(
    "SELECT c.id AS campaign_id, c.name, MIN(b.claim_from) AS claim_from, MAX(b.claim_to) AS claim_to,"
    " CAST(SUM(b.stock) AS BIGINT) AS stock, CAST(SUM(b.stock - b.claimed) AS BIGINT) AS available"
    " FROM campaign c JOIN batch b ON b.campaign_id = c.id"
    " WHERE c.state = 'approved' AND NOT c.is_test AND b.claim_from <= :now AND b.claim_to > :now"
    " GROUP BY c.id, c.name ORDER BY c.id DESC LIMIT :most"
)
# What is rolled up, and what is not yet, of all campaigns but those of tests.
REDEEMED = text(
    "SELECT (h.hour - h.hour % 24) / 24 AS day, CAST(SUM(h.redeemed - h.reversed) AS BIGINT) AS verified_vouchers,"
    " CAST(SUM(h.subsidy_fen) AS BIGINT) AS subsidy_fen FROM ("
    "SELECT campaign_id, hour, redeemed, reversed, subsidy_fen FROM batch_hour UNION ALL"
    " SELECT campaign_id, hour, redeemed, reversed, subsidy_fen"
    f" FROM ({sources.hours_by_number(sources.NOT_YET)}) AS tail"
    ") AS h JOIN campaign c ON c.id = h.campaign_id WHERE h.hour >= :first AND NOT c.is_test GROUP BY 1"
)


@dataclass(frozen=True)
class Waiting:
    """So many wait; `one` leads to one of them where there is no list, else it is empty."""

    name: str
    count: int
    one: str


def waiting(session: Session, staff_id: str, names: Iterable[str]) -> list[Waiting]:
    """What of these waits for this member of staff, in this order; what nobody waits for is left out."""
    asked = list(names)
    counted = [
        f"SELECT '{name}' AS name, COUNT(*) AS n, {_one(name)} AS one FROM {WAITING[name]}" for name in asked
    ]
    if not counted:
        return []
    found = session.execute(text(" UNION ALL ".join(counted)), {"staff_id": staff_id})
    there = {row.name: Waiting(row.name, row.n, row.one) for row in found if row.n}
    return [there[name] for name in asked if name in there]


def _one(name: str) -> str:
    return f"MIN({LED_TO_BY[name]})" if name in LED_TO_BY else "''"


def running(session: Session, now: int) -> list[dict[str, Any]]:
    """Campaigns whose window is open now, the newest first, with what is left of them; no tests."""
    return [dict(row._mapping) for row in session.execute(OPEN, {"now": now, "most": MOST_OPEN})]


def week(session: Session, now: int) -> list[dict[str, Any]]:
    """The last seven Shanghai days, today the last of them: verified vouchers and subsidy, reversals taken off."""
    today = (now + AHEAD_MS) // DAY_MS
    days = range(today - DAYS + 1, today + 1)
    found = session.execute(REDEEMED, {"first": days[0] * DAY_MS // HOUR_MS})
    there = {int(row.day): row for row in found}
    return [
        {
            "day": clock.day(day * DAY_MS - AHEAD_MS),
            "verified_vouchers": int(there[day].verified_vouchers) if day in there else 0,
            "subsidy_fen": int(there[day].subsidy_fen) if day in there else 0,
        }
        for day in days
    ]
