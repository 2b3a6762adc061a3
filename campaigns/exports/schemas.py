"""What is asked for and what is said about an export."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import PageIn
from campaigns.exports.rows import HEAD


class ExportIn(Schema):
    """`redemptions`: a row for each redemption, reversal and refund. `hours`: the flows of each batch and hour."""

    campaign_id = fields.String(required=True, validate=validate.Length(1, 40))
    kind = fields.String(load_default="redemptions", validate=validate.OneOf(list(HEAD)))


class ExportOut(Schema):
    """A file and how far it is; its sums are those of the statistics at the moment it was asked for."""

    export_id = fields.String()
    campaign_id = fields.String()
    kind = fields.String()
    state = fields.String()
    progress = fields.Float()
    row_count = fields.Integer()
    byte_count = fields.Integer()
    subsidy_fen = fields.Integer()
    direct_fen = fields.Integer()
    sha256 = fields.String(allow_none=True)
    asked_at = fields.String()
    done_at = fields.String(allow_none=True)


class ExportsIn(PageIn):
    """Of one campaign, or of all."""

    campaign_id = fields.String(validate=validate.Regexp(r"^[a-z0-9_]{1,40}\Z"))


class ExportsOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(ExportOut))
    next_cursor = fields.String(allow_none=True)
