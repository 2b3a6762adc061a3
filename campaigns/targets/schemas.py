"""What organizers get of targeted lists."""

from __future__ import annotations

from marshmallow import Schema, fields


class TargetListOut(Schema):
    """A list with its progress. `refused` counts rows by reason; `amount_fen` is the face of good and issued rows."""

    list_id = fields.String()
    batch_id = fields.String()
    state = fields.String()
    rows = fields.Integer()
    checked = fields.Integer()
    good = fields.Integer()
    issued = fields.Integer()
    refused = fields.Dict(keys=fields.String(), values=fields.Integer())
    amount_fen = fields.Integer()
    uploader_id = fields.String()
    approver_id = fields.String(allow_none=True)
    uploaded_at = fields.String()
    checked_at = fields.String(allow_none=True)
    released_at = fields.String(allow_none=True)
    issued_at = fields.String(allow_none=True)


class TargetListsOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(TargetListOut))
