"""What the console's pages about campaigns read besides what the doors answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.campaign import Act
from app.models import Campaign, Lottery, Merchant, Store
from campaigns import manage, trail

MOST_CAMPAIGNS = 100
MOST_PLACES = 500
ACTIONS = {f"campaign.{word}" for word in ("create", "edit", "clone", "indirect", *Act)}


def latest(session: Session) -> list[dict[str, Any]]:
    """The latest hundred campaigns, newest first."""
    found = session.scalars(select(Campaign).order_by(Campaign.id.desc()).limit(MOST_CAMPAIGNS)).all()
    return [manage.shown(session, campaign) for campaign in found]


def history(session: Session, campaign_id: str) -> list[dict[str, Any]]:
    """What was done to this campaign, and refused, oldest first; of the latest hundred entries of the trail."""
    asked = {"object_id": campaign_id, "limit": 100}
    entries: list[dict[str, Any]] = trail.entries(session, asked)["items"]
    return [entry for entry in reversed(entries) if entry["action"] in ACTIONS]


def places(session: Session) -> dict[str, Any]:
    """What a batch may be limited to: streets where there are stores, trades, merchants."""
    merchants = session.execute(
        select(Merchant.id, Merchant.name)
        .where(Merchant.status == "active")
        .order_by(Merchant.id)
        .limit(MOST_PLACES)
    )
    areas = select(Store.area).where(Store.area != "").distinct().order_by(Store.area).limit(MOST_PLACES)
    trades = select(Merchant.category).where(Merchant.category != "").distinct().order_by(Merchant.category)
    return {
        "areas": list(session.scalars(areas)),
        "categories": list(session.scalars(trades.limit(MOST_PLACES))),
        "merchants": [(row.id, row.name) for row in merchants],
    }


def value_name(session: Session, batch_id: str) -> str | None:
    """The public value that will decide this batch's lottery, None where there is none."""
    return session.scalar(select(Lottery.public_value_name).where(Lottery.batch_id == batch_id))
