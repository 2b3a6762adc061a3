"""The organizer's doors to merchants: review of their applications."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.auth import ANY_STAFF, ORGANIZER, current_staff, policy
from app.domain.application import Act
from app.merchants import applications
from app.merchants.applications import Review
from app.merchants.shapes import ApplicationBriefOut
from campaigns import acts
from campaigns import merchant_schemas as schemas
from campaigns.routes import bp

REVIEW_DOORS = (
    ("returns", Act.RETURN, "Send back to the applicant, who may correct it."),
    ("rejections", Act.REJECT, "Refuse for good; another application is needed."),
    ("approvals", Act.APPROVE, "Approve: the merchant is made."),
)


@bp.route("/merchant-applications", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(schemas.ApplicationsIn, location="query")
@bp.response(200, schemas.ApplicationPageOut)
def list_applications(asked: dict[str, Any]) -> dict[str, Any]:
    """Merchants' applications, newest first."""
    with sql.reading() as session:
        return applications.listed(session, asked.get("state"), asked.get("cursor"), asked["limit"])


@bp.route("/merchant-applications/<application_id>", methods=["GET"])
@policy(ORGANIZER)
@bp.response(200, schemas.ReviewedApplicationOut)
def show_application(application_id: str) -> dict[str, Any]:
    """One application in the clear, with its history."""
    with sql.reading() as session:
        shown = applications.shown(session, applications.find(session, application_id))
    acts.looked("application.look", application_id)
    return shown


def _review_door(word: str, act: Act, summary: str) -> None:
    """One address per act of a review; they differ in the act alone."""

    @policy(ORGANIZER)
    @bp.arguments(schemas.ReviewIn)
    @bp.response(200, ApplicationBriefOut)
    def review(asked: dict[str, Any], application_id: str) -> Any:
        wanted = Review(act, asked["submission"], current_staff().id, asked["reason"])
        answer = acts.perform(
            f"application.{act.value}",
            application_id,
            lambda session: applications.review(session, application_id, wanted),
            wanted.reason,
        )
        return once.rendered(answer)

    review.__doc__ = summary
    bp.route(
        f"/merchant-applications/<application_id>/{word}",
        endpoint=f"{act.value}_application",
        methods=["POST"],
    )(review)


for _word, _act, _summary in REVIEW_DOORS:
    _review_door(_word, _act, _summary)
