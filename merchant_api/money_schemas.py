"""What a merchant's treasurer gets. Amounts in fen."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.merchants.shapes import BankAccountOut, PayoutOut


class BankAccountsOut(Schema):
    """Every version, newest first; `hold_until` is given where the clock alone ends the hold."""

    items = fields.List(fields.Nested(BankAccountOut))
    hold_reason = fields.String(allow_none=True)
    hold_until = fields.String(allow_none=True)


class OwnSettlementOut(PayoutOut):
    """The own line of a settlement batch."""

    settlement_id = fields.String()
    campaign = fields.String()
    cutoff = fields.String()
    state = fields.String()
    redeemed_count = fields.Integer()
    reversed_count = fields.Integer()
    redeemed_fen = fields.Integer()
    reversed_fen = fields.Integer()
    held_fen = fields.Integer()
    freed_fen = fields.Integer()
    adjusted_fen = fields.Integer()
    net_fen = fields.Integer()


class OwnSettlementsOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(OwnSettlementOut))
    next_cursor = fields.String(allow_none=True)
