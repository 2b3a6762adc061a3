"""Adjustments of a campaign: gestures and claw-backs, proposed by one person and decided by another."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, current_staff, policy
from campaigns import manage, naming
from campaigns.console import money
from campaigns.console.frame import bp
from campaigns.holds import adjust


@bp.get("/campaigns/<campaign_id>/adjustments")
@policy(ANY_STAFF)
def list_adjustments(campaign_id: str) -> str:
    """All of them, the newest first, and where one is proposed."""
    with sql.reading() as session:
        campaign = manage.find_campaign(session, campaign_id)
        items = adjust.of_campaign(session, campaign_id)[::-1]
        names = money.called(session, items)
        may = money.may()
        merchants = naming.merchants(session) if may["handle"] else []
    return render_template(
        "console/adjustments.html",
        campaign=campaign,
        items=items,
        names=names,
        may=may,
        merchants=merchants,
        my_id=current_staff().id,
    )
