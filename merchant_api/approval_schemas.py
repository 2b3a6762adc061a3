"""What supervisors send and get. Amounts in fen."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.fields import ORDER_NO, Fen, Text
from merchant_api.office_schemas import MeOut


class ApprovalIn(Schema):
    """Which refund may go above the limit: exactly this order and this amount of it, and why."""

    order_no = fields.String(required=True, validate=ORDER_NO)
    refund_fen = Fen(required=True)
    reason = Text(required=True, most=200)


class ApprovalOut(Schema):
    """To be named by the till's reversal, once, before it expires."""

    approval_id = fields.String()
    order_no = fields.String()
    refund_fen = fields.Integer()
    expires_at = fields.String()


class LimitIn(Schema):
    """How much of one order the tills refund without a supervisor; null for the platform's own limit."""

    refund_limit_fen = Fen(required=True, least=0, allow_none=True)


class LimitOut(Schema):
    """The limit from now on."""

    refund_limit_fen = fields.Integer()


class SignedInOut(MeOut):
    """Who is signed in, for which merchant, and that merchant's refund limit."""

    refund_limit_fen = fields.Integer()
