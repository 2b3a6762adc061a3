"""What organizers get of the audit trail."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.fields import Instant


class AuditEntryOut(Schema):
    """Who did or tried what, when and why."""

    entry_id = fields.String()
    at = Instant()
    actor_id = fields.String()
    actor = fields.String()
    action = fields.String()
    object_id = fields.String()
    result = fields.String()
    reason = fields.String()
    trace_id = fields.String()


class AuditLogOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(AuditEntryOut))
    next_cursor = fields.String(allow_none=True)
