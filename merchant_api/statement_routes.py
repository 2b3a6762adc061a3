"""The merchant's doors of statements."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from app import sql
from app.auth import TREASURER, current_merchant_staff, policy
from app.domain.sheets import digest
from app.fields import PageIn
from app.merchants.statements import content, files
from merchant_api.routes import bp

OTHER_FORMS = {mime.partition(";")[0]: {"schema": {"type": "string"}} for mime, _ in files.FORMS.values()}


class StatementBriefOut(Schema):
    """A statement without its postings; `total_fen` is of all stores."""

    statement_id = fields.String()
    campaign = fields.String()
    number = fields.Integer()
    cutoff = fields.String()
    total_fen = fields.Integer()


class StatementsOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(StatementBriefOut))
    next_cursor = fields.String(allow_none=True)


class StatementIn(Schema):
    """Of one store, or of all; in which form."""

    store_id = fields.String(validate=validate.Regexp(r"^[a-z0-9_]{1,40}\Z"))
    format = fields.String(load_default="json", validate=validate.OneOf(list(files.FORMS)))


class StatementPostingOut(Schema):
    """One line; `amount_fen` is signed. `about`: why, or in which settlement stood what is taken back."""

    posting_no = fields.Integer()
    posted_at = fields.String()
    kind = fields.String()
    order_no = fields.String()
    store = fields.String()
    amount_fen = fields.Integer()
    about = fields.String()


class StatementOut(StatementBriefOut):
    """Everything settled for the merchant, or one store, in a closed interval; `files`: SHA-256 of the other forms."""

    merchant = fields.String()
    store = fields.String()
    lines_sha256 = fields.String()
    postings = fields.List(fields.Nested(StatementPostingOut))
    files = fields.Dict(fields.String(), fields.String())


@bp.route("/statements", methods=["GET"])
@policy(TREASURER)
@bp.arguments(PageIn, location="query")
@bp.response(200, StatementsOut)
def list_statements(page: dict[str, Any]) -> dict[str, Any]:
    """The merchant's statements (对账单), newest first."""
    with sql.reading() as session:
        merchant_id = current_merchant_staff().merchant_id
        return content.listed(session, merchant_id, page.get("cursor"), page["limit"])


@bp.route("/statements/<statement_id>", methods=["GET"])
@policy(TREASURER)
@bp.arguments(StatementIn, location="query")
@bp.response(200, StatementOut)
@bp.doc(responses={200: {"content": OTHER_FORMS}})
def show_statement(asked: dict[str, str], statement_id: str) -> Response:
    """One statement: JSON, CSV, XLSX or PDF, the same bytes each time; `ETag` is their SHA-256."""
    with sql.reading() as session:
        merchant_id = current_merchant_staff().merchant_id
        found = content.statement(session, merchant_id, statement_id, asked.get("store_id"))
    mime, make = files.FORMS[asked["format"]]
    data = make(found)
    answer = Response(data, content_type=mime)
    answer.headers["ETag"] = f'"{digest(data)}"'
    if asked["format"] != "json":
        name = f"statement-{statement_id}.{asked['format']}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
