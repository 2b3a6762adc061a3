"""What a citizen can look up: public campaigns, the own scans."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.campaign import PUBLIC, State, shown
from app.domain.rule import rule_of
from app.models import Batch, BatchMerchant, Campaign, Merchant
from app.vouchers import lottery, terms

SCANS = (
    "SELECT s.id AS scan_id, s.scanned_at AS at, m.name AS merchant, t.name AS store, s.purpose, s.result, s.order_no"
    " FROM scan s JOIN merchant m ON m.id = s.merchant_id JOIN store t ON t.id = s.store_id"
    " WHERE s.citizen_id = :citizen_id {older} ORDER BY s.id DESC LIMIT :limit"
)


def list_scans(citizen_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Who scanned this citizen's codes, when, why and with which result; refused scans too."""
    statement = text(SCANS.format(older="AND s.id < :cursor" if cursor else ""))
    values = {"citizen_id": citizen_id, "cursor": cursor, "limit": limit + 1}
    with sql.reading() as session:
        rows = [dict(row._mapping) for row in session.execute(statement, values)]
    more = len(rows) > limit
    return {"items": rows[:limit], "next_cursor": rows[limit - 1]["scan_id"] if more else None}


def public_campaigns(campaign_id: str | None = None) -> list[dict[str, Any]]:
    """Approved, paused and closed campaigns, newest first; drafts are invisible.

    A test campaign is found by its id only: nobody shall take it for an offer.
    """
    wanted = select(Campaign).where(Campaign.state.in_(PUBLIC)).order_by(Campaign.id.desc()).limit(100)
    named = Campaign.is_test.is_(False) if campaign_id is None else Campaign.id == campaign_id
    wanted = wanted.where(named)
    with sql.reading() as session:
        campaigns = session.scalars(wanted).all()
        listed = (
            select(Batch).where(Batch.campaign_id.in_([each.id for each in campaigns])).order_by(Batch.id)
        )
        batches = session.scalars(listed).all()
        lotteries = lottery.published_of(session, [batch.id for batch in batches if batch.mode == "lottery"])
        merchants = _named_by(session, [batch.id for batch in batches if batch.merchants])
    return [
        _public(each, [batch for batch in batches if batch.campaign_id == each.id], lotteries, merchants)
        for each in campaigns
    ]


def _named_by(session: Session, batch_ids: list[str]) -> dict[str, list[str]]:
    """The names of the merchants that batches name."""
    named: dict[str, list[str]] = defaultdict(list)
    if batch_ids:
        wanted = select(BatchMerchant.batch_id, Merchant.name).join(
            Merchant, Merchant.id == BatchMerchant.merchant_id
        )
        wanted = wanted.where(BatchMerchant.batch_id.in_(batch_ids)).order_by(Merchant.name, Merchant.id)
        for row in session.execute(wanted):
            named[row.batch_id].append(row.name)
    return named


def _public(
    campaign: Campaign,
    batches: list[Batch],
    lotteries: dict[str, dict[str, Any]],
    merchants: dict[str, list[str]],
) -> dict[str, Any]:
    windows = [(batch.claim_from, batch.claim_to) for batch in batches]
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "state": shown(State(campaign.state), windows, clock.now()),
        "stored_state": campaign.state,
        "batches": [
            {
                **vars(batch),
                "batch_id": batch.id,
                "rule": " ".join(rules := rule_of(terms.of_row(batch), batch.face_fen, batch.threshold_fen)),
                "rules": rules,
                "merchants": merchants.get(batch.id, []),
                "remaining": batch.stock - batch.claimed,
                "lottery": lotteries.get(batch.id),
            }
            for batch in batches
        ],
    }
