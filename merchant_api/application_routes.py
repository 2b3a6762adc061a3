"""The applicant's doors: whoever proved a phone (`POST /api/v1/sessions`) may apply as a merchant."""

from __future__ import annotations

from typing import Any

from app import auth, logins, once, sql
from app.auth import PHONE, current_phone, policy
from app.merchants import applications, office
from app.merchants.papers import Papers
from app.merchants.shapes import ApplicationBriefOut
from merchant_api import application_schemas as schemas
from merchant_api.office_schemas import LoginIn, StaffOut
from merchant_api.routes import bp


@bp.route("/applications", methods=["POST"])
@policy(PHONE)
@bp.arguments(schemas.PapersIn)
@bp.response(201, ApplicationBriefOut)
def create_application(papers: Papers) -> Any:
    """Apply as a merchant (商户入驻)."""
    phone, write = current_phone(), once.discreet(once.named(auth.phone_caller(), "application"))
    return once.rendered(once.perform(write, lambda session: applications.apply(session, phone, papers)))


@bp.route("/applications", methods=["GET"])
@policy(PHONE)
@bp.response(200, schemas.ApplicationsOut)
def list_applications() -> dict[str, Any]:
    """What was applied for from this phone."""
    with sql.reading() as session:
        return {"items": applications.of_phone(session, current_phone())}


@bp.route("/applications/<application_id>", methods=["GET"])
@policy(PHONE)
@bp.response(200, schemas.ApplicationOut)
def show_application(application_id: str) -> dict[str, Any]:
    """State, reasons and history of an own application."""
    with sql.reading() as session:
        found = applications.find_own(session, current_phone(), application_id)
        return applications.shown(session, found)


@bp.route("/applications/<application_id>/submissions", methods=["POST"])
@policy(PHONE)
@bp.arguments(schemas.PapersIn)
@bp.response(201, ApplicationBriefOut)
def correct_application(papers: Papers, application_id: str) -> Any:
    """Hand a returned application in again, corrected."""
    phone, write = current_phone(), once.discreet(once.named(auth.phone_caller(), "application.correct"))
    return once.rendered(
        once.perform(write, lambda session: applications.correct(session, phone, application_id, papers))
    )


@bp.route("/applications/<application_id>/owner", methods=["POST"])
@policy(PHONE)
@bp.arguments(LoginIn)
@bp.response(201, StaffOut)
def create_owner(asked: dict[str, str], application_id: str) -> Any:
    """Choose the login of the merchant's first owner, once, after approval."""
    phone, write = current_phone(), once.discreet(once.named(auth.phone_caller(), "application.owner"))
    terms = logins.with_hash(asked)
    return once.rendered(
        once.perform(write, lambda session: office.own(session, phone, application_id, terms))
    )
