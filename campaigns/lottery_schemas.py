"""What organizers send and get about a lottery."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.fields import PublicLotteryOut, Text


class ValueIn(Schema):
    """The public value, exactly as it will be hashed: without blanks around it."""

    value = Text(required=True, most=200)


class WinnerRefusedOut(Schema):
    """A winner who could not get the voucher."""

    number = fields.String()
    rank = fields.Integer()
    code = fields.String()


class LotteryOut(PublicLotteryOut):
    """The lottery with the persons behind its steps; `refusals` are the first hundred."""

    batch_id = fields.String()
    value_by = fields.String(allow_none=True)
    drawer_id = fields.String(allow_none=True)
    issued = fields.Integer()
    refused = fields.Integer()
    refusals = fields.List(fields.Nested(WinnerRefusedOut))
