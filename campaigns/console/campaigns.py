"""Campaigns in the console: all of them, and one with its batches, what can be done to it, and what was done."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import render_template, request

from app import sql
from app.auth import AUTHOR, HELPERS, TRAIL, admits, current_staff, policy
from app.domain.campaign import MOVES, Act, Fault, State
from app.models import Staff
from app.pages import language
from campaigns import listing, manage, naming
from campaigns.console.frame import bp
from campaigns.routes import STATE_DOORS

STATES = ("draft", "in_review", "approved", "open", "paused", "closed", "settled")
LIMITS = ("person_limit", "person_day_limit", "daily_budget_fen", *manage.DAY_CAPS)
UNDECIDED = ("draft", "in_review")


@bp.get("/campaigns")
@policy(HELPERS)
def list_campaigns() -> str:
    """The latest ones, of one state if somebody asks."""
    with sql.reading() as session:
        found = listing.latest(session)
        names = naming.names(session, Staff, [one["author_id"] for one in found])
    wanted = request.args.get("state", "")
    return render_template(
        "console/campaigns.html",
        campaigns=[one for one in found if wanted in ("", one["state"])],
        count=len(found),
        counts=Counter(one["state"] for one in found),
        states=STATES,
        wanted=wanted,
        names=names,
        may_write=admits(AUTHOR, current_staff().role),
    )


@bp.get("/campaigns/<campaign_id>")
@policy(HELPERS)
def show_campaign(campaign_id: str) -> str:
    """One campaign."""
    me = current_staff()
    reads_trail = admits(TRAIL, me.role)
    with sql.reading() as session:
        campaign = manage.shown(session, manage.find_campaign(session, campaign_id))
        faults = manage.lint(session, campaign_id) if campaign["state"] in UNDECIDED else []
        history = listing.history(session, campaign_id) if reads_trail else []
        names = naming.names(session, Staff, (campaign["author_id"], campaign["approver_id"]))
    return render_template(
        "console/campaign.html",
        campaign=campaign,
        faults=[_mendable(fault, campaign) for fault in faults],
        acts=_acts(campaign, me.id, me.role),
        limits=[name for name in LIMITS if campaign[name] is not None],
        promised_fen=sum(batch["stock"] * batch["face_fen"] for batch in campaign["batches"]),
        is_own=campaign["author_id"] == me.id,
        history=history,
        reads_trail=reads_trail,
        names=names,
        may_write=admits(AUTHOR, me.role),
    )


def _acts(campaign: dict[str, Any], staff_id: str, role: str) -> list[tuple[Act, str]]:
    """What this member of staff can do to it now, each with the last word of its door."""
    state = State.APPROVED if campaign["state"] == "open" else State(campaign["state"])
    return [
        (act, word)
        for word, act, of, _ in STATE_DOORS
        if (state, act) in MOVES
        and admits(of, role)
        and not (act is Act.APPROVE and staff_id == campaign["author_id"])
    ]


def _mendable(fault: Fault, campaign: dict[str, Any]) -> dict[str, Any]:
    """A fault in the reader's language, with the batch that has it."""
    where, dot, name = fault.field.rpartition(".")
    batch = campaign["batches"][int(where.partition("[")[2].rstrip("]"))] if dot else None
    return {"words": fault.zh if language.current() == "zh" else fault.en, "field": name, "batch": batch}


@bp.app_template_filter("half")
def half(sentence: str) -> str:
    """The reader's half of what the API says in both languages at once: "满100元减20元。 CNY 20 off."."""
    zh, mark, en = sentence.partition("。 ")
    return en if mark and language.current() == "en" else zh + "。"
