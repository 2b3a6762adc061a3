"""What merchants and organizers get alike."""

from __future__ import annotations

from marshmallow import Schema, fields


class ApplicationBriefOut(Schema):
    """What was applied for and where it stands: submitted, returned, approved or rejected."""

    application_id = fields.String()
    name = fields.String()
    credit_code = fields.String()
    state = fields.String()
    submission = fields.Integer()
    merchant_id = fields.String(allow_none=True)
    changed_at = fields.String()


class DocumentOut(Schema):
    """A file's metadata."""

    kind = fields.String()
    file_name = fields.String()
    size_bytes = fields.Integer()
    sha256 = fields.String()
