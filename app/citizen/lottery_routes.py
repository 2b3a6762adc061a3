"""The lottery at the citizen's door: register, look up, and the results file that is open to everybody."""

from __future__ import annotations

from typing import Any

from flask import Response, stream_with_context
from marshmallow import Schema, fields

from app import once
from app.auth import CITIZEN, PUBLIC, current_citizen, policy
from app.citizen.routes import bp
from app.fields import Nothing
from app.vouchers import lottery, registration

RESULTS_TYPE = "application/x-ndjson"


class RegistrationOut(Schema):
    """`status` is waiting, won or not_won; a winner ends with a voucher, or with the code of a refusal."""

    batch_id = fields.String()
    number = fields.String()
    registered_at = fields.String()
    status = fields.String()
    rank = fields.Integer(allow_none=True)
    voucher_id = fields.String(allow_none=True)
    refusal = fields.String(allow_none=True)


@bp.route("/batches/<batch_id>/registrations", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(Nothing)
@bp.response(201, RegistrationOut)
def register(_: dict[str, Any], batch_id: str) -> Any:
    """Register for the lottery of this batch (报名), once."""
    citizen_id = current_citizen().id
    return once.rendered(registration.register(citizen_id, batch_id, once.named(citizen_id, "register")))


@bp.route("/batches/<batch_id>/registrations/mine", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, RegistrationOut)
def show_own_registration(batch_id: str) -> dict[str, Any]:
    """The own registration and what became of it."""
    return registration.own(current_citizen().id, batch_id)


@bp.route("/batches/<batch_id>/lottery/results", methods=["GET"])
@policy(PUBLIC)
@bp.response(200, content_type=RESULTS_TYPE, description="One JSON value a line; docs/lottery.md")
def show_results(batch_id: str) -> Response:
    """The results file: registration numbers only, everything needed to recompute the draw."""
    lines = stream_with_context(lottery.results(batch_id))
    answer = Response(lines, mimetype=RESULTS_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="lottery-{batch_id}.jsonl"'
    return answer
