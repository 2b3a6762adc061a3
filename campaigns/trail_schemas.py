"""What organizers get of the audit trail."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.fields import Instant, PageIn, Text


class AuditLogIn(PageIn):
    """Which entries: by who, what, which object, how it ended, and between two instants (the second one excluded)."""

    actor_id = Text(most=40)
    action = Text(most=48)
    object_id = Text(most=40)
    result = Text(most=32)
    since = Instant()
    until = Instant()


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
