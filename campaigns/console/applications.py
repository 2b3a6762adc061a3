"""Merchants' applications in the console: the queue, and one with its papers, to be returned, rejected or approved."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, APPROVER, SEALED, admits, current_staff, policy
from app.domain.application import MOVES, State
from app.merchants import applications
from app.models import Staff
from campaigns import acts, naming
from campaigns.console.asking import asked
from campaigns.console.frame import bp
from campaigns.merchant_routes import REVIEW_DOORS
from campaigns.merchant_schemas import ApplicationsIn


@bp.get("/applications")
@policy(ANY_STAFF)
def list_applications() -> str:
    """The latest ones, of one state if somebody asks."""
    page = asked(ApplicationsIn)
    with sql.reading() as session:
        found = applications.listed(session, page.get("state"), page.get("cursor"), page["limit"])
    return render_template(
        "console/applications.html",
        page=found,
        wanted=page.get("state", ""),
        states=[state.value for state in State],
        first="cursor" not in page,
        may_look=admits(SEALED, current_staff().role),
    )


@bp.get("/applications/<application_id>")
@policy(SEALED)
def show_application(application_id: str) -> str:
    """One in the clear; the look is in the audit trail, as at the JSON door."""
    with sql.reading() as session:
        shown = applications.shown(session, applications.find(session, application_id))
        names = naming.names(
            session, Staff, [event["actor_id"] for event in shown["history"] if event["actor_id"]]
        )
    acts.looked("application.look", application_id)
    state = State(shown["state"])
    may_review = admits(APPROVER, current_staff().role)
    words = [(word, act.value) for word, act, _ in REVIEW_DOORS if may_review and (state, act) in MOVES]
    return render_template("console/application.html", one=shown, names=names, words=words)
