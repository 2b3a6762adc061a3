"""One citizen in the console, for who asks for help: found by a number, never listed, masked, and each look kept."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app import errors, sql
from app.auth import HELP_DESK, ORGANIZER, admits, current_staff, policy
from app.domain.refusals import Refused
from app.pages import refusals
from app.pages.forms import filled, takes_form
from campaigns import acts, standing
from campaigns.console.frame import bp
from campaigns.standing_schemas import LookUpIn

WAYS = ("phone", "code", "id_number")


@bp.get("/citizens")
@policy(HELP_DESK)
def ask_citizen() -> str:
    """The form."""
    return _drawn()


@bp.post("/citizens")
@policy(HELP_DESK)
@takes_form
def look_up_in_console() -> ResponseReturnValue:
    """Look somebody up: sent, not asked for in the address, so that no number stands in a log."""
    asked, wrong = filled(LookUpIn)
    if wrong:
        return _drawn(wrong=wrong), 400
    ((by, value),) = asked.items()
    try:
        with sql.reading() as session:
            shown = standing.look_up(session, by, value)
    except Refused as refused:
        return _drawn(said=refusals.words(refused.refusal)), errors.status_of(refused.refusal)
    acts.looked("citizen.look", shown["citizen_id"])
    return _drawn(one=shown)


def _drawn(one: dict[str, str] | None = None, wrong: set[str] | None = None, said: str | None = None) -> str:
    may_write = admits(ORGANIZER, current_staff().role)
    return render_template(
        "console/citizens.html", one=one, wrong=wrong or set(), said=said, ways=WAYS, may_write=may_write
    )
