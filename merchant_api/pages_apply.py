"""The applicant's page: hand papers in, see where they stand, correct them, become the owner."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from app import sql
from app.auth import PHONE, PUBLIC, current_phone, policy
from app.domain.refusals import Refused
from app.merchants import applications
from app.pages import face
from merchant_api.pages_sell import bp, spoken

HERE = "/till/apply"


@bp.get("/apply")
@policy(PUBLIC)
def show_application() -> ResponseReturnValue:
    """For whoever proved a phone at the citizens' login, which leads back here; nobody has a till's login yet."""
    try:
        PHONE.check()
    except Refused:
        return redirect(f"{face.CITIZEN.login}?next={HERE}", 303)
    with sql.reading() as session:
        found = [
            applications.find_own(session, current_phone(), brief["application_id"])
            for brief in applications.of_phone(session, current_phone())
        ]
        shown = [
            {**applications.shown(session, each), "has_owner": each.owner_id is not None} for each in found
        ]
    return render_template("till/apply.html", applications=shown, facts={"refusals": spoken()})
