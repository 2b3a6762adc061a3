"""What a member of the organizer's staff sees first."""

from __future__ import annotations

from flask import render_template

from app import clock, sql
from app.auth import (
    ANY_STAFF,
    APPROVER,
    AUTHOR,
    HELPERS,
    PAYMASTER,
    SECOND_PERSON,
    admits,
    current_staff,
    policy,
)
from campaigns import overview
from campaigns.console.frame import bp

# What may wait: whose door decides it, and below `/console/` the page where it is done, of all or of one of them.
WAITING = {
    "drafts": (AUTHOR, "campaigns?state=draft"),
    "reviews": (APPROVER, "campaigns?state=in_review"),
    "values": (AUTHOR, "batches/{}/lottery"),
    "draws": (APPROVER, "batches/{}/lottery"),
    "lists": (SECOND_PERSON, "batches/{}/lists"),
    "applications": (APPROVER, "applications?state=submitted"),
    "accounts": (PAYMASTER, "accounts?state=pending"),
    "settlements": (PAYMASTER, "settlements?state=computed"),
    "holds": (SECOND_PERSON, "holds"),
    "adjustments": (SECOND_PERSON, "campaigns/{}/adjustments"),
    "returns": (SECOND_PERSON, "returns"),
}


@bp.get("/")
@policy(HELPERS)
def home() -> str:
    """What waits for this person, what is open, how the week was."""
    me, now = current_staff(), clock.now()
    mine = [name for name, (of, _) in WAITING.items() if admits(of, me.role)]
    sees_numbers = admits(ANY_STAFF, me.role)
    with sql.reading() as session:
        waiting = overview.waiting(session, me.id, mine)
        running = overview.running(session, now)
        week = overview.week(session, now) if sees_numbers else []
    return render_template(
        "console/home.html",
        waiting=[(each, WAITING[each.name][1].format(each.one)) for each in waiting],
        decides=bool(mine),
        running=running,
        week=week,
        most=max((day["verified_vouchers"] for day in week), default=0),
        page="live" if sees_numbers else "",
    )
