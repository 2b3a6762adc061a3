"""What a merchant gets: its lines of settlement batches, and whether they may be paid now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.merchants import bank
from app.merchants.payouts import Line, Payouts
from app.models import Campaign, SettlementBatch, SettlementLine


def settlements(session: Session, merchant_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of this merchant's lines, newest first."""
    wanted = (
        select(SettlementLine, SettlementBatch, Campaign.name)
        .join(SettlementBatch, SettlementBatch.id == SettlementLine.settlement_id)
        .join(Campaign, Campaign.id == SettlementBatch.campaign_id)
        .where(SettlementLine.merchant_id == merchant_id)
        .order_by(SettlementLine.settlement_id.desc())
        .limit(limit + 1)
    )
    if cursor:
        wanted = wanted.where(SettlementLine.settlement_id < cursor)
    hold, payouts = bank.holds(session, [merchant_id])[merchant_id], Payouts(session, [merchant_id])
    items = [
        {
            **vars(line),
            **payouts.of(Line(batch.campaign_id, merchant_id, batch.number, line.net_fen), hold),
            "campaign": campaign,
            "cutoff": clock.iso(batch.cutoff),
            "state": batch.state,
        }
        for line, batch, campaign in session.execute(wanted)
    ]
    more = len(items) > limit
    return {"items": items[:limit], "next_cursor": items[limit - 1]["settlement_id"] if more else None}
