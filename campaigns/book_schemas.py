"""What staff send and get about a campaign's books."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.domain import accounts

BALANCES = {
    account.name: fields.Integer(metadata={"description": f"{account.zh} {account.en}"})
    for account in accounts.ACCOUNTS
}
BalancesOut = Schema.from_dict(BALANCES, name="BalancesOut")  # type: ignore[arg-type]


class DifferencesOut(Schema):
    """What the postings say minus what the campaign, its vouchers and its redemptions say: each must be 0."""

    budget_fen = fields.Integer()
    granted_fen = fields.Integer()
    issued_fen = fields.Integer()
    spent_fen = fields.Integer()


class CheckedCampaignOut(Schema):
    """One campaign's balances, and where they differ."""

    campaign_id = fields.String()
    name = fields.String()
    state = fields.String()
    budget_fen = fields.Integer()
    returned_fen = fields.Integer()
    balances = fields.Nested(BalancesOut)
    differences = fields.Nested(DifferencesOut)


class IdentityCheckOut(Schema):
    """Campaigns, newest first. `difference_fen` adds up all differences of this page, and must be 0."""

    items = fields.List(fields.Nested(CheckedCampaignOut))
    difference_fen = fields.Integer()
    next_cursor = fields.String(allow_none=True)
    as_of = fields.String()


class LeftOverLineOut(Schema):
    """An amount that is (or, negative, is no longer) with the campaign, and why."""

    cause = fields.String()
    amount_fen = fields.Integer()
    zh = fields.String()
    en = fields.String()


class ReturnableOut(Schema):
    """What may go back to the treasury now; 0 until the campaign is closed."""

    budget_fen = fields.Integer()
    released_fen = fields.Integer()


class LeftOverOut(Schema):
    """What a budget still holds and why. The lines add up to `budget_fen` − `returned_fen` of an approved campaign."""

    campaign_id = fields.String()
    name = fields.String()
    state = fields.String()
    budget_fen = fields.Integer()
    free_fen = fields.Integer()
    reserved_fen = fields.Integer()
    spent_fen = fields.Integer()
    returned_fen = fields.Integer()
    lines = fields.List(fields.Nested(LeftOverLineOut))
    returnable = fields.Nested(ReturnableOut)
    differences = fields.Nested(DifferencesOut)
    as_of = fields.String()


class TreasuryReturnOut(Schema):
    """A request to give money back, and what became of it: `requested`, `approved`, `refused`."""

    return_id = fields.String()
    campaign_id = fields.String()
    state = fields.String()
    budget_fen = fields.Integer()
    released_fen = fields.Integer()
    amount_fen = fields.Integer()
    requester_id = fields.String()
    decider_id = fields.String(allow_none=True)
    requested_at = fields.String()
    decided_at = fields.String(allow_none=True)


class TreasuryReturnsOut(Schema):
    """Oldest first."""

    items = fields.List(fields.Nested(TreasuryReturnOut))
