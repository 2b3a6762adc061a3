"""What the organizer's staff sends and gets of holds, adjustments and samples. Amounts in fen."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Fen, Text
from app.merchants.hold_views import HoldCaseOut

ID = validate.Regexp(r"^[a-z0-9_]{1,40}\Z")


class OpenedCasesOut(Schema):
    """The cases that were opened by this act."""

    items = fields.List(fields.Nested(HoldCaseOut))


class HoldIn(Schema):
    """The redemption to hold, and why."""

    redemption_id = fields.String(required=True, validate=ID)
    reason = Text(required=True, most=200)


class HoldDecisionIn(Schema):
    """Let go or keep."""

    to = fields.String(required=True, validate=validate.OneOf(["released", "upheld"]))
    reason = Text(required=True, most=200)


class AdjustmentIn(Schema):
    """A `gesture` is given to the merchant, a `clawback` taken from it."""

    merchant_id = fields.String(required=True, validate=ID)
    redemption_id = fields.String(validate=ID)
    kind = fields.String(required=True, validate=validate.OneOf(["gesture", "clawback"]))
    amount_fen = Fen(required=True)
    reason = Text(required=True, most=200)


class AdjustmentDecisionIn(Schema):
    """Yes or no."""

    to = fields.String(required=True, validate=validate.OneOf(["approved", "refused"]))
    reason = Text(required=True, most=200)


class AdjustmentOut(Schema):
    """It stands in the next settlement batch once a second person approved it."""

    adjustment_id = fields.String()
    campaign_id = fields.String()
    merchant_id = fields.String()
    redemption_id = fields.String(allow_none=True)
    kind = fields.String()
    amount_fen = fields.Integer()
    reason = fields.String()
    state = fields.String()
    author_id = fields.String()
    decided_by = fields.String(allow_none=True)


class AdjustmentsOut(Schema):
    """Oldest first."""

    items = fields.List(fields.Nested(AdjustmentOut))


class SampleIn(Schema):
    """What somebody saw: `suspicious` puts it on hold."""

    line_id = fields.String(required=True, validate=ID)
    verdict = fields.String(required=True, validate=validate.OneOf(["good", "suspicious"]))
    reason = Text(required=True, most=200)


class SampledOut(Schema):
    """One redemption to look at; `verdict` is null until somebody did."""

    line_id = fields.String()
    redemption_id = fields.String()
    merchant = fields.String()
    order_no = fields.String()
    order_fen = fields.Integer()
    subsidy_fen = fields.Integer()
    redeemed_at = fields.String()
    verdict = fields.String(allow_none=True)
    reviewer_id = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class SampleOut(Schema):
    """The sample of a settlement batch; it is approved when none is `missing`."""

    items = fields.List(fields.Nested(SampledOut))
    missing = fields.Integer()
