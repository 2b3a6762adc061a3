"""A batch's lottery, step by step: what is published when, who enters the value, who draws, and what it caused."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, APPROVER, AUTHOR, admits, current_staff, policy
from app.models import Campaign, Staff
from app.vouchers.lottery import DRAWN, find_lottery
from campaigns import lottery, manage, naming
from campaigns.console.frame import bp
from campaigns.effect import lottery_effect

STATES = ("open", "closed", "frozen", "asked", "drawn", "issued")
# In these a worker is at it, or about to be.
MOVING = ("closed", "asked", "drawn")


@bp.get("/batches/<batch_id>/lottery")
@policy(ANY_STAFF)
def show_lottery(batch_id: str) -> str:
    """Commitment, registrations, public value, draw, results with how to check them, effect."""
    me = current_staff()
    with sql.snapshot() as session:
        shown = lottery.shown(session, find_lottery(session, batch_id))
        batch = manage.find_batch(session, batch_id)
        campaign = manage.find_campaign(session, batch.campaign_id)
        registered = lottery.registered(session, batch_id)
        effect = lottery_effect(session, batch_id) if shown["state"] in DRAWN else None
        people = naming.names(session, Staff, (shown["value_by"], shown["drawer_id"]))
    return render_template(
        "console/lottery.html",
        batch=batch,
        campaign=campaign,
        draw=shown,
        registered=registered,
        reached=STATES.index(shown["state"]),
        is_moving=shown["state"] in MOVING,
        effect=effect,
        people=people,
        may_enter=admits(AUTHOR, me.role) and shown["state"] == "frozen",
        may_draw=admits(APPROVER, me.role) and _can_be_drawn(shown["state"], shown["public_value"], campaign),
        is_own=shown["value_by"] == me.id,
    )


def _can_be_drawn(state: str, value: str | None, campaign: Campaign) -> bool:
    return state == "frozen" and value is not None and campaign.state == "approved"
