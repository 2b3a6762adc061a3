"""What goes to and fro about the second factor of staff. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Instant, Text
from app.merchants.shapes import SignInIn

SIX_DIGITS = validate.Regexp(r"^[0-9]{6}\Z", error="Six digits.")


class StaffSignInIn(SignInIn):
    """Login and password, and a code of the authenticator (动态口令) from who has enrolled one."""

    totp = fields.String(validate=SIX_DIGITS)


class TotpIn(Schema):
    """A code of the authenticator."""

    code = fields.String(required=True, validate=SIX_DIGITS)


class TotpResetIn(Schema):
    """Whose second factor is lost, and why it is believed."""

    login = Text(required=True, most=64)
    reason = Text(required=True, most=200)


class TotpOut(Schema):
    """Since when the second factor holds, null without one; whether approvals and payments take one of everybody."""

    confirmed_at = Instant(allow_none=True)
    required = fields.Boolean()


class TotpEnrolmentOut(Schema):
    """What the authenticator needs; shown in this answer only. `svg` draws `uri` as a QR code."""

    uri = fields.String()
    secret = fields.String()
    svg = fields.String()


class TotpProofOut(Schema):
    """A session in which the second factor was shown; it counts for approvals and payments until `proof_until`."""

    token = fields.String()
    expires_at = Instant()
    proof_until = Instant()


class TotpResetOut(Schema):
    """Nobody's second factor any more: they enrol a new one."""

    staff_id = fields.String()
    login = fields.String()
