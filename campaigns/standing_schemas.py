"""What organizers send and get about the standing of citizens, merchants, stores and terminals."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.ankang.identity import normalise_id_number, normalise_phone
from app.fields import Normalised, Text


class StandingIn(Schema):
    """Why, for the audit trail."""

    reason = Text(required=True, most=200)


class StandingOut(Schema):
    """Whose standing is now what."""

    id = fields.String()
    status = fields.String()


class LookUpIn(Schema):
    """One of the three: an ID number, a phone, or the digits of a displayed code."""

    id_number = Normalised(normalise_id_number)
    phone = Normalised(normalise_phone)
    code = fields.String(validate=validate.Regexp(r"^[0-9]{20}\Z"))

    @validates_schema
    def one(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of them."""
        if len(data) != 1:
            raise ValidationError("Give id_number, phone or code.", "id_number")


class CitizenStandingOut(Schema):
    """As much of a citizen as a shop sees, and the standing."""

    citizen_id = fields.String()
    holder = fields.String()
    status = fields.String()
    applied_at = fields.String()
