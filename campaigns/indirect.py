"""Indirect consumption (间接拉动): an estimate by a factor that somebody states with its source, and never a count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once
from app.models import IndirectEstimate
from campaigns.manage import find_campaign

LABEL = "估算，非统计 estimate, not counted"
FORMULA = "direct_fen * factor"
STATE = text(
    "INSERT INTO indirect_estimate (campaign_id, factor_bp, source, stated_by, stated_at)"
    " VALUES (:campaign_id, :factor_bp, :source, :stated_by, :stated_at) ON CONFLICT (campaign_id) DO UPDATE SET"
    " factor_bp = excluded.factor_bp, source = excluded.source, stated_by = excluded.stated_by,"
    " stated_at = excluded.stated_at"
)


def state(session: Session, campaign_id: str, terms: dict[str, Any], actor_id: str) -> once.Answer:
    """This factor from this source holds from now on."""
    find_campaign(session, campaign_id)
    row = {"campaign_id": campaign_id, **terms, "stated_by": actor_id, "stated_at": clock.now()}
    session.execute(STATE, row)
    return once.Answer(201, {"campaign_id": campaign_id, **terms}, campaign_id)


def estimated(session: Session, campaign_id: str, direct_fen: int) -> dict[str, Any] | None:
    """The estimate with everything that it is made of; None where nobody has stated a factor."""
    stated = session.get(IndirectEstimate, campaign_id)
    if stated is None:
        return None
    return {
        "label": LABEL,
        "estimate_fen": direct_fen * stated.factor_bp // 10_000,
        "factor": stated.factor_bp / 10_000,
        "formula": FORMULA,
        "source": stated.source,
        "stated_at": clock.iso(stated.stated_at),
    }
