"""What organizers send and get. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Fen, Instant, Text, Whole
from app.merchants.shapes import PayoutOut
from campaigns.batch_schemas import BatchOut


class SignInOut(Schema):
    """A bearer token for twelve hours."""

    token = fields.String()
    role = fields.String()
    name = fields.String()
    expires_at = Instant()


class CampaignIn(Schema):
    """A draft. Vouchers of a test campaign work on test terminals only.

    Limits that are not given do not limit: vouchers a person may claim in the whole campaign and per Shanghai day, face
    value given out per Shanghai day; what its vouchers may pay per Shanghai day, in all (`day_subsidy_fen`) and at most
    for one citizen, at one terminal, at one merchant.
    """

    name = Text(required=True)
    budget_fen = Fen(required=True)
    is_test = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    person_limit = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 1000))
    person_day_limit = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 1000))
    daily_budget_fen = Fen(load_default=None, allow_none=True)
    day_subsidy_fen = Fen(load_default=None, allow_none=True)
    citizen_day_fen = Fen(load_default=None, allow_none=True)
    terminal_day_fen = Fen(load_default=None, allow_none=True)
    merchant_day_fen = Fen(load_default=None, allow_none=True)


class CampaignEditIn(Schema):
    """What may change of a draft."""

    name = Text()
    budget_fen = Fen()
    person_limit = Whole(allow_none=True, validate=validate.Range(1, 1000))
    person_day_limit = Whole(allow_none=True, validate=validate.Range(1, 1000))
    daily_budget_fen = Fen(allow_none=True)
    day_subsidy_fen = Fen(allow_none=True)
    citizen_day_fen = Fen(allow_none=True)
    terminal_day_fen = Fen(allow_none=True)
    merchant_day_fen = Fen(allow_none=True)


class ReasonIn(Schema):
    """Why, for the audit trail."""

    reason = Text(load_default="", most=200, least=0)


class CampaignOut(Schema):
    """A campaign with its batches."""

    campaign_id = fields.String()
    name = fields.String()
    state = fields.String()
    is_test = fields.Boolean()
    budget_fen = fields.Integer()
    allotted_fen = fields.Integer()
    person_limit = fields.Integer(allow_none=True)
    person_day_limit = fields.Integer(allow_none=True)
    daily_budget_fen = fields.Integer(allow_none=True)
    day_subsidy_fen = fields.Integer(allow_none=True)
    citizen_day_fen = fields.Integer(allow_none=True)
    terminal_day_fen = fields.Integer(allow_none=True)
    merchant_day_fen = fields.Integer(allow_none=True)
    author_id = fields.String()
    approver_id = fields.String(allow_none=True)
    created_at = fields.String()
    batches = fields.List(fields.Nested(BatchOut))


class CampaignsOut(Schema):
    """All campaigns, newest first."""

    items = fields.List(fields.Nested(CampaignOut))


class FaultOut(Schema):
    """One thing that would go wrong."""

    field = fields.String()
    code = fields.String()
    message = fields.String()


class LintOut(Schema):
    """Empty when nothing would go wrong."""

    faults = fields.List(fields.Nested(FaultOut))


class MerchantIn(Schema):
    """Who is paid, and of which category it is: batches may be limited to categories. Small shops are told apart in
    statistics.
    """

    name = Text(required=True)
    category = Text(load_default="", most=64, least=0)
    is_small = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class MerchantOut(Schema):
    """A merchant."""

    merchant_id = fields.String()
    name = fields.String()
    category = fields.String()
    is_small = fields.Boolean()
    status = fields.String()


class SettlementIn(Schema):
    """Everything posted before this instant is settled, after somebody looked at so many percent of it."""

    cutoff = Instant(required=True)
    review_percent = Whole(load_default=0, validate=validate.Range(0, 100))


class SettlementLineOut(PayoutOut):
    """One merchant's sums."""

    merchant_id = fields.String()
    merchant = fields.String()
    redeemed_count = fields.Integer()
    reversed_count = fields.Integer()
    redeemed_fen = fields.Integer()
    reversed_fen = fields.Integer()
    held_fen = fields.Integer()
    freed_fen = fields.Integer()
    adjusted_fen = fields.Integer()
    net_fen = fields.Integer()


class SettlementOut(Schema):
    """A settlement batch over the postings (from_no, to_no]."""

    settlement_id = fields.String()
    campaign_id = fields.String()
    number = fields.Integer()
    cutoff = fields.String()
    state = fields.String()
    from_no = fields.Integer()
    to_no = fields.Integer()
    total_fen = fields.Integer(allow_none=True)
    held_fen = fields.Integer()
    lines_sha256 = fields.String(allow_none=True)
    review_percent = fields.Integer()
    opener_id = fields.String()
    approver_id = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(SettlementLineOut))


class SettlementsOut(Schema):
    """All batches of a campaign."""

    items = fields.List(fields.Nested(SettlementOut))
