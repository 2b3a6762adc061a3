"""The audit log in the console, by who, what, which, how it ended and when; the chain and the day's anchors."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request

from app import clock, sql
from app.auth import ANY_STAFF, TRAIL, policy
from app.domain.instants import SHANGHAI
from campaigns import anchors, seals, trail
from campaigns.anchor_routes import AnchorPageIn
from campaigns.console.asking import asked
from campaigns.console.frame import bp
from campaigns.trail_schemas import AuditLogIn

DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


@bp.get("/audit")
@policy(TRAIL)
def show_trail() -> str:
    """Entries, newest first."""
    wanted = {**asked(AuditLogIn), **_days()}
    with sql.reading() as session:
        page = trail.entries(session, wanted)
        actions, results = trail.words(session)
    return render_template(
        "console/trail.html", page=page, actions=actions, results=results, first="cursor" not in wanted
    )


@bp.get("/anchors")
@policy(ANY_STAFF)
def show_anchors() -> str:
    """The chain as it stands, and the anchor of each day."""
    wanted = asked(AnchorPageIn)
    with sql.reading() as session:
        page = anchors.page(session, wanted.get("cursor"), wanted["limit"])
        state = seals.state(session)
    return render_template("console/anchors.html", page=page, state=state, first="cursor" not in wanted)


def _days() -> dict[str, Any]:
    """From the first instant of one Shanghai day to the last one of another."""
    since, until = _day("from"), _day("to")
    days = {"since": since, "until": until and until + timedelta(days=1)}
    return {name: clock.millis(at) for name, at in days.items() if at}


def _day(name: str) -> datetime | None:
    typed = request.args.get(name, "")
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=SHANGHAI) if DAY.fullmatch(typed) else None
    except ValueError:
        return None
