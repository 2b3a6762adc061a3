"""Holds: cases by rule or person, their evidence in plain words, and a second person's decision."""

from __future__ import annotations

import re

from flask import render_template, request

from app import sql
from app.auth import ANY_STAFF, current_staff, policy
from app.merchants import hold_views
from app.pages import formats
from app.pages.catalogue import t
from campaigns import manage, naming
from campaigns.console import money
from campaigns.console.frame import bp
from campaigns.holds import cases

STATES = ("open", "appealed", "released", "upheld")
# What the rules of app/domain/cash_out.py write down of a purchase, as somebody reads it: pattern, text, amounts in it.
SENTENCES = (
    (re.compile(r"order (?P<order>\d+) fen, threshold (?P<threshold>\d+)"), "console.holds.said.threshold"),
    (re.compile(r"order (?P<order>\d+) fen"), "console.holds.said.round"),
    (re.compile(r"at (?P<hour>\d\d) h"), "console.holds.said.night"),
    (re.compile(r"(?P<times>\d+) in five minutes at (?P<terminal>\S+)"), "console.holds.said.burst"),
    (re.compile(r"holder came (?P<times>\d+) times"), "console.holds.said.ring"),
    (re.compile(r"(?P<some>\d+) of (?P<all>\d+)"), "console.holds.said.share"),
)
AMOUNTS = ("order", "threshold")


def plain(said: str) -> str:
    """A rule's evidence or figures as a sentence in the reader's language; a person's own words stay as they are."""
    for pattern, key in SENTENCES:
        if found := pattern.fullmatch(said):
            facts = found.groupdict()
            return t(
                key, **{name: formats.yuan(int(of)) if name in AMOUNTS else of for name, of in facts.items()}
            )
    return said


@bp.get("/holds")
@policy(ANY_STAFF)
def list_holds() -> str:
    """The cases of all campaigns, newest first."""
    state = request.args.get("state", "")
    only = {"state": state} if state in STATES else {}
    with sql.reading() as session:
        found = hold_views.page(session, money.cursor(), money.PAGE, **only)
        names = money.called(session, found["items"])
        campaigns = naming.latest_campaigns(session)
    return render_template(
        "console/holds.html",
        **found,
        names=names,
        campaigns=campaigns,
        state=state,
        states=STATES,
        plain=plain,
        is_first=money.cursor() is None,
    )


@bp.get("/campaigns/<campaign_id>/holds")
@policy(ANY_STAFF)
def list_campaign_holds(campaign_id: str) -> str:
    """A campaign's cases; where a scan is started and a redemption held by hand."""
    with sql.reading() as session:
        campaign = manage.find_campaign(session, campaign_id)
        found = hold_views.page(session, money.cursor(), money.PAGE, campaign_id=campaign_id)
        names = money.called(session, found["items"])
    return render_template(
        "console/campaign_holds.html",
        **found,
        names=names,
        campaign=campaign,
        may=money.may(),
        plain=plain,
        is_first=money.cursor() is None,
    )


@bp.get("/holds/<case_id>")
@policy(ANY_STAFF)
def show_hold(case_id: str) -> str:
    """One case: what speaks against it, what the merchant says, the decision."""
    with sql.reading() as session:
        found = cases.find(session, case_id)
        case = hold_views.case(session, found)
        people = {"opener_id": found.opened_by, "decided_by": found.decided_by}
        names = money.called(session, [case, people])
    return render_template(
        "console/hold.html",
        case=case,
        people=people,
        names=names,
        plain=plain,
        may=money.may(),
        is_own=found.opened_by == current_staff().id,
        is_pending=case["state"] in ("open", "appealed"),
    )
