"""What goes to and fro about the organizer's staff. Unknown fields are refused."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.fields import Text
from campaigns.people import MIN_PASSWORD, ROLES


class ColleagueIn(Schema):
    """A login that nobody has yet, whose it is, the role, and a first password of at least ten characters."""

    login = Text(required=True, most=64)
    name = Text(required=True, most=64)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    password = fields.String(required=True, validate=validate.Length(MIN_PASSWORD, 200))


class ColleagueEditIn(Schema):
    """Another role, or shut out and let in again; and why, for the audit trail."""

    role = fields.String(validate=validate.OneOf(ROLES))
    status = fields.String(validate=validate.OneOf(("active", "suspended")))
    reason = Text(required=True, most=150)

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """At least one of them."""
        if not {"role", "status"} & set(data):
            raise ValidationError("Give role or status.", "role")


class ColleagueOut(Schema):
    """A member of the organizer's staff."""

    staff_id = fields.String()
    login = fields.String()
    name = fields.String()
    role = fields.String()
    status = fields.String()
    has_second_factor = fields.Boolean()
    created_at = fields.String()


class ColleaguesOut(Schema):
    """Everybody, the oldest first."""

    items = fields.List(fields.Nested(ColleagueOut))
