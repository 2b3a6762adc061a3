"""What merchants and organizers send and get alike. Unknown fields are refused."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.fields import Degrees, Text


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


class SignInIn(Schema):
    """Login and password."""

    login = Text(required=True, most=64)
    password = fields.String(required=True, validate=validate.Length(1, 200))


class StoreIn(Schema):
    """Where the merchant sells."""

    name = Text(required=True)
    area = Text(required=True, most=64)
    address = Text(load_default="", most=200, least=0)
    latitude = Degrees(90, attribute="lat_e6", load_default=None, allow_none=True)
    longitude = Degrees(180, attribute="lon_e6", load_default=None, allow_none=True)

    @validates_schema
    def placed(self, data: dict[str, Any], **_: Any) -> None:
        """Both or none."""
        if (data.get("lat_e6") is None) != (data.get("lon_e6") is None):
            raise ValidationError("Latitude and longitude go together.", "latitude")


class StoreOut(Schema):
    """A store; its place on the map where it is known."""

    store_id = fields.String()
    merchant_id = fields.String()
    name = fields.String()
    area = fields.String()
    address = fields.String()
    latitude = Degrees(90, attribute="lat_e6", allow_none=True)
    longitude = Degrees(180, attribute="lon_e6", allow_none=True)


class TerminalIn(Schema):
    """A till; a test till never touches real money."""

    name = Text(required=True)
    is_test = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class TerminalOut(Schema):
    """A terminal."""

    terminal_id = fields.String()
    store_id = fields.String()
    merchant_id = fields.String()
    name = fields.String()
    is_test = fields.Boolean()


class KeyOut(Schema):
    """A key to sign with; keep the secret safe."""

    key_id = fields.String()
    terminal_id = fields.String()
    secret = fields.String()


class BankAccountOut(Schema):
    """One version of a bank account: pending, verified, refused, or replaced before it was verified."""

    account_id = fields.String()
    merchant_id = fields.String()
    version = fields.Integer()
    bank_name = fields.String()
    account_masked = fields.String()
    state = fields.String()
    changed_at = fields.String()
    reason = fields.String()


class PayoutOut(Schema):
    """Where a settled line's money is: `none` is due, `open`, `held` with the reason, or with the bank.

    There it is `paying`, `unknown` (the bank is asked), `refused` with `bank_reason`, or `paid`; `bank_reference` is
    the bank's own name of it, `expected_on` the day by which it should be there.
    """

    payout = fields.String()
    hold_reason = fields.String(allow_none=True)
    hold_until = fields.String(allow_none=True)
    bank_reference = fields.String(allow_none=True)
    expected_on = fields.String(allow_none=True)
    paid_on = fields.String(allow_none=True)
    bank_reason = fields.String(allow_none=True)
