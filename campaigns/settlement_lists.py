"""Settlements of all campaigns, without their lines: what is waiting for whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import clock
from app.models import Campaign, SettlementBatch, SettlementLine

STATES = ("opened", "computed", "approved", "paying", "paid")


def page(session: Session, cursor: str | None, limit: int, **only: str) -> dict[str, Any]:
    """Batches with these columns (state, campaign_id), newest first."""
    chosen = [getattr(SettlementBatch, name) == value for name, value in only.items()]
    wanted = _wanted().where(*chosen).order_by(SettlementBatch.id.desc()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(SettlementBatch.id < cursor)
    items = [
        {
            "settlement_id": batch.id,
            "campaign_id": batch.campaign_id,
            "campaign": campaign,
            "number": batch.number,
            "cutoff": clock.iso(batch.cutoff),
            "state": batch.state,
            "total_fen": batch.total_fen,
            "opener_id": batch.opener_id,
            "approver_id": batch.approver_id,
            "merchants": merchants,
        }
        for batch, campaign, merchants in session.execute(wanted)
    ]
    more = len(items) > limit
    return {"items": items[:limit], "next_cursor": items[limit - 1]["settlement_id"] if more else None}


def _wanted() -> Select[Any]:
    lines = (
        select(func.count())
        .where(SettlementLine.settlement_id == SettlementBatch.id)
        .correlate(SettlementBatch)
        .scalar_subquery()
    )
    return (
        select(SettlementBatch, Campaign.name, lines)
        .select_from(SettlementBatch)
        .join(Campaign, Campaign.id == SettlementBatch.campaign_id)
    )


def counts(session: Session) -> dict[str, int]:
    """How many there are of each state."""
    wanted = select(SettlementBatch.state, func.count()).group_by(SettlementBatch.state)
    found = {state: int(times) for state, times in session.execute(wanted)}
    return {state: found.get(state, 0) for state in STATES}
