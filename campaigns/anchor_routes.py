"""The doors of the day's anchors."""

from __future__ import annotations

from typing import Any

from flask import Response, stream_with_context
from marshmallow import Schema, fields, validate

from app import sql
from app.auth import ANY_STAFF, policy
from app.fields import Instant, PageIn
from campaigns import anchors
from campaigns.routes import bp

CSV = "text/csv; charset=utf-8"


class AnchorPageIn(PageIn):
    """The cursor is a day; the page begins with the anchor before it."""

    cursor = fields.String(validate=validate.Regexp(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"))


class AnchorOut(Schema):
    """The last seal of a Shanghai day; final once the day is over."""

    day = fields.String()
    number = fields.Integer()
    sha256 = fields.String()
    sealed_at = Instant()
    is_final = fields.Boolean()


class AnchorsOut(Schema):
    """The latest day first."""

    items = fields.List(fields.Nested(AnchorOut))
    next_cursor = fields.String(allow_none=True)


@bp.route("/anchors", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(AnchorPageIn, location="query")
@bp.response(200, AnchorsOut)
def list_anchors(asked: dict[str, Any]) -> dict[str, Any]:
    """The anchor of each day (每日锚): one hash for all books and the audit trail up to then, to be kept elsewhere."""
    with sql.reading() as session:
        return anchors.page(session, asked.get("cursor"), asked["limit"])


@bp.route("/anchors/<day>/file", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, {"type": "string"}, content_type=CSV)
def read_anchor(day: str) -> Response:
    """All seals of the day (CSV), each following from the one before; the ETag is the anchor, the hash of the last."""
    with sql.reading() as session:
        anchor = anchors.of_day(session, day)
    answer = Response(stream_with_context(anchors.lines(anchor)), content_type=CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="seals-{anchor.day}.csv"'
    answer.headers["ETag"] = f'"{anchor.sha256}"'
    return answer
