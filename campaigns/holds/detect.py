"""Look through a campaign's redemptions by the rules of `app/domain/cash_out.py`, and hold what they name."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once
from app.domain.cash_out import Purchase, signs
from app.domain.instants import DAY_MS
from app.merchants import hold_views as views
from app.models import HoldCase
from campaigns.holds import cases
from campaigns.manage import find_campaign

WINDOW_DAYS = 30
# What was looked at by a case before is left alone: whoever was cleared is not held for the same again.
PURCHASES = text(
    "SELECT r.merchant_id, l.id AS line_id, r.store_id, r.terminal_id, r.citizen_id, l.eligible_fen AS order_fen,"
    " b.threshold_fen, r.redeemed_at AS at, (SELECT MAX(h.id) FROM hold_item h WHERE h.line_id = l.id) AS item_id"
    " FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id JOIN batch b ON b.id = l.batch_id"
    " WHERE l.campaign_id = :campaign_id AND l.effective AND r.redeemed_at >= :since ORDER BY r.merchant_id, l.id"
)


def scan(session: Session, campaign_id: str, actor_id: str | None) -> once.Answer:
    """Judge each merchant's purchases of the last 30 days; the body lists the cases that were opened."""
    find_campaign(session, campaign_id)
    since = clock.now() - WINDOW_DAYS * DAY_MS
    rows = session.execute(PURCHASES, {"campaign_id": campaign_id, "since": since}).all()
    made: list[HoldCase] = []
    for _, of_merchant in groupby(rows, key=lambda row: row.merchant_id):
        made += _judge(session, list(of_merchant), actor_id)
    return once.Answer(201, {"items": [views.case(session, case) for case in made]}, campaign_id)


def _judge(session: Session, rows: list[Any], actor_id: str | None) -> list[HoldCase]:
    known = {row.line_id for row in rows if row.item_id is not None}
    purchases = [
        Purchase(
            row.line_id,
            row.store_id,
            row.terminal_id,
            row.citizen_id,
            row.order_fen,
            row.threshold_fen,
            row.at,
        )
        for row in rows
    ]
    made = []
    for sign in signs(purchases):
        fresh = {line_id: words for line_id, words in sign.evidence.items() if line_id not in known}
        known |= set(fresh)
        if fresh and (case := cases.open_case(session, fresh, sign.rule, sign.figures, "", actor_id)):
            made.append(case)
    return made
