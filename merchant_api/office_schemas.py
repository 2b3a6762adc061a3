"""What a merchant's staff send and get. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Instant, Text
from app.merchants.shapes import StoreOut, TerminalIn, TerminalOut

MIN_PASSWORD = 10


class MerchantSessionOut(Schema):
    """A bearer token for twelve hours."""

    token = fields.String()
    role = fields.String()
    name = fields.String()
    expires_at = Instant()


class LoginIn(Schema):
    """A login that nobody has yet, whose it is, and a password of at least ten characters."""

    login = Text(required=True, most=64)
    name = Text(required=True, most=64)
    password = fields.String(required=True, validate=validate.Length(MIN_PASSWORD, 200))


class StaffIn(LoginIn):
    """A member of staff: owners do everything, finance sees money, cashiers only work a till."""

    role = fields.String(required=True, validate=validate.OneOf(["owner", "finance", "cashier"]))


class StaffOut(Schema):
    """A member of staff."""

    staff_id = fields.String()
    login = fields.String()
    name = fields.String()
    role = fields.String()
    status = fields.String()


class MeOut(StaffOut):
    """Who is signed in, and for which merchant."""

    merchant_id = fields.String()
    merchant = fields.String()


class StaffListOut(Schema):
    """All staff, oldest first."""

    items = fields.List(fields.Nested(StaffOut))


class StandingStoreOut(StoreOut):
    """A store, open or suspended."""

    status = fields.String()


class StoresOut(Schema):
    """All stores, oldest first."""

    items = fields.List(fields.Nested(StandingStoreOut))


class NewTerminalIn(TerminalIn):
    """A till of an own store."""

    store_id = fields.String(required=True, validate=validate.Length(1, 40))


class StandingTerminalOut(TerminalOut):
    """A terminal, at work or suspended."""

    status = fields.String()


class TerminalsOut(Schema):
    """All terminals, oldest first."""

    items = fields.List(fields.Nested(StandingTerminalOut))


class WhyIn(Schema):
    """Why."""

    reason = Text(required=True, most=200)


class StatusOut(Schema):
    """Active or suspended, from now on."""

    id = fields.String()
    status = fields.String()
