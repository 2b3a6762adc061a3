"""What finance sends and gets of payouts. Amounts in fen."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.domain.payout import Answer, Outcome
from app.fields import CONTROL, Fen, Text

BANK_KEY = validate.Regexp(r"^[0-9A-Z]{1,40}\Z", error="1 to 40 digits and capital letters.")


class PayoutFileOut(Schema):
    """A file for the bank; `sha256` is that of its bytes."""

    file_id = fields.String()
    number = fields.Integer()
    line_count = fields.Integer()
    total_fen = fields.Integer()
    sha256 = fields.String()
    made_at = fields.String()


class WaitingPayoutOut(Schema):
    """A merchant whose money waits, and for what."""

    merchant_id = fields.String()
    amount_fen = fields.Integer()
    hold_reason = fields.String()


class MadePayoutsOut(Schema):
    """The file of this moment, null where nothing could be paid, and who has to wait."""

    settlement_id = fields.String()
    file = fields.Nested(PayoutFileOut, allow_none=True)
    held = fields.List(fields.Nested(WaitingPayoutOut))


class BankAnswerOut(Schema):
    """Something the bank said: `applied`, `repeated`, or `contradicts` its final word and changed nothing."""

    outcome = fields.String()
    amount_fen = fields.Integer()
    reference = fields.String()
    reason = fields.String()
    result = fields.String()
    heard_at = fields.String()


class AttemptOut(Schema):
    """One order to the bank: `sent`, `unknown`, and finally `refused` or `paid`."""

    bank_key = fields.String()
    number = fields.Integer()
    file_id = fields.String()
    amount_fen = fields.Integer()
    state = fields.String()
    sent_at = fields.String()
    expected_on = fields.String()
    reference = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    answers = fields.List(fields.Nested(BankAnswerOut))


class MerchantPayoutOut(Schema):
    """What one merchant is paid from this batch."""

    payout_id = fields.String()
    merchant_id = fields.String()
    merchant = fields.String()
    amount_fen = fields.Integer()
    state = fields.String()
    attempts = fields.List(fields.Nested(AttemptOut))


class PayoutsOut(Schema):
    """The payouts of a settlement batch, by merchant, and its files."""

    items = fields.List(fields.Nested(MerchantPayoutOut))
    files = fields.List(fields.Nested(PayoutFileOut))


class ResultIn(Schema):
    """One line of the bank's result; a payment has the bank's reference."""

    bank_key = fields.String(required=True, validate=BANK_KEY)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    amount_fen = Fen(required=True)
    reference = fields.String(load_default="", validate=[validate.Length(0, 64), CONTROL])
    reason = Text(load_default="", most=200, least=0)

    @validates_schema
    def named(self, data: dict[str, Any], **_: Any) -> None:
        """Books are compared by the reference."""
        if data["outcome"] is Outcome.PAID and not data["reference"]:
            raise ValidationError("A payment has a reference.", "reference")

    @post_load
    def as_value(self, data: dict[str, Any], **_: Any) -> Answer:
        """Past the door there are values."""
        return Answer(**data)


class ResultsIn(Schema):
    """What the bank said, in its order."""

    results = fields.List(fields.Nested(ResultIn), required=True, validate=validate.Length(1, 500))


class ResultOut(Schema):
    """What one line did: `applied`, `repeated`, `contradicts` or `unknown_key`."""

    bank_key = fields.String()
    outcome = fields.String()
    result = fields.String()


class ResultsOut(Schema):
    """A line of the answer for each line of the result."""

    items = fields.List(fields.Nested(ResultOut))
