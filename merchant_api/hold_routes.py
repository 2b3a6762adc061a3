"""The merchant's doors of cases that hold its money: see them, say why it is right."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from app import once, sql
from app.auth import TREASURER, current_merchant_staff, policy
from app.fields import PageIn, Text
from app.merchants import appeals
from app.merchants import hold_views as views
from merchant_api import acts
from merchant_api.routes import bp


class AppealIn(Schema):
    """Why the merchant is right."""

    appeal = Text(required=True, most=500)


@bp.route("/hold-cases", methods=["GET"])
@policy(TREASURER)
@bp.arguments(PageIn, location="query")
@bp.response(200, views.HoldCasesOut)
def list_own_hold_cases(page: dict[str, Any]) -> dict[str, Any]:
    """What is on hold and why, newest first."""
    with sql.reading() as session:
        merchant_id = current_merchant_staff().merchant_id
        return views.page(session, page.get("cursor"), page["limit"], merchant_id=merchant_id)


@bp.route("/hold-cases/<case_id>/appeals", methods=["POST"])
@policy(TREASURER)
@bp.arguments(AppealIn)
@bp.response(201, views.HoldCaseOut)
def appeal_hold_case(asked: dict[str, str], case_id: str) -> Any:
    """Appeal (申诉), once; a person of the organizer decides."""
    member = current_merchant_staff()
    answer = acts.perform(
        "hold.appeal", case_id, lambda session: appeals.appeal(session, case_id, member, asked["appeal"])
    )
    return once.rendered(answer)
