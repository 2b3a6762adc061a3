"""What tills get."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.fields import Instant
from app.merchants.shapes import PayoutOut
from merchant_api.reservation_schemas import ReservationOut
from merchant_api.schemas import Cursor


class QuotedVoucherOut(Schema):
    """One voucher: whether it applies, why not, what is short and what would be right (`facts`).

    `discount_fen` is what it takes off alone; `left_out` why one that applies does not pay beside the best ones.
    """

    voucher_id = fields.String()
    campaign_name = fields.String()
    batch_name = fields.String()
    kind = fields.String()
    rule = fields.String()
    face_fen = fields.Integer()
    threshold_fen = fields.Integer()
    valid_from = fields.String()
    valid_to = fields.String()
    applicable = fields.Boolean()
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    shortfall_fen = fields.Integer(allow_none=True)
    facts = fields.Dict()
    eligible_fen = fields.Integer()
    discount_fen = fields.Integer()
    in_best = fields.Boolean()
    left_out = fields.String(allow_none=True)


class BestOut(Schema):
    """The vouchers that together take most off; none where no voucher applies."""

    voucher_ids = fields.List(fields.String())
    discount_fen = fields.Integer()
    customer_pays_fen = fields.Integer()
    is_proven = fields.Boolean()


class ChosenOut(Schema):
    """What the vouchers asked for would do together, or what stands in the way."""

    voucher_ids = fields.List(fields.String())
    applicable = fields.Boolean()
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    facts = fields.Dict()
    discount_fen = fields.Integer()
    customer_pays_fen = fields.Integer()


class QuoteOut(Schema):
    """All vouchers of the holder against this order, and the best combination of them."""

    order_fen = fields.Integer()
    vouchers = fields.List(fields.Nested(QuotedVoucherOut))
    best = fields.Nested(BestOut)
    chosen = fields.Nested(ChosenOut)


class AcceptedScanOut(Schema):
    """An accepted scan; the token is good for 180 s at this terminal."""

    scan_id = fields.String()
    scan_token = fields.String()
    expires_at = Instant()
    holder = fields.String()
    purpose = fields.String()
    quote = fields.Nested(QuoteOut, allow_none=True)


class ReceiptLineOut(Schema):
    """One voucher's part. `eligible_fen`: what the goods cost that it may pay; its face is the cap of a percentage."""

    voucher_id = fields.String()
    batch_name = fields.String()
    kind = fields.String()
    face_fen = fields.Integer()
    eligible_fen = fields.Integer()
    used_fen = fields.Integer()
    forfeited_fen = fields.Integer()


class ReceiptOut(Schema):
    """What to print: face, used, forfeited, what the customer pays, what the merchant gets back."""

    redemption_id = fields.String()
    order_no = fields.String()
    state = fields.String()
    order_fen = fields.Integer()
    face_fen = fields.Integer()
    used_fen = fields.Integer()
    forfeited_fen = fields.Integer()
    customer_pays_fen = fields.Integer()
    reimbursed_fen = fields.Integer()
    is_repeat = fields.Boolean()
    redeemed_at = fields.String()
    holder = fields.String()
    merchant = fields.String()
    store = fields.String()
    lines = fields.List(fields.Nested(ReceiptLineOut))


class RefundOut(Schema):
    """So much of the order amount comes back: the customer gets a part of it, the budget the subsidy in it."""

    refund_id = fields.String(allow_none=True)
    reversed_fen = fields.Integer()
    customer_gets_fen = fields.Integer()
    subsidy_returned_fen = fields.Integer()
    reason = fields.String(allow_none=True)
    reversed_at = fields.String()


class ReversalOut(RefundOut):
    """What became of the order and its vouchers: `returned` when the first reversal was of the whole order."""

    order_no = fields.String()
    state = fields.String()
    redemption_id = fields.String(allow_none=True)
    refunded_fen = fields.Integer()
    refundable_fen = fields.Integer()
    returned = fields.List(fields.String())
    expired = fields.List(fields.String())


class OrderOut(Schema):
    """The final word on an order number; `reserved` is the one state that ends by itself, at `hold_until`."""

    order_no = fields.String()
    state = fields.String()
    receipt = fields.Nested(ReceiptOut, allow_none=True)
    refusal = fields.String(allow_none=True)
    reversal = fields.Nested(ReversalOut, allow_none=True)
    refunds = fields.List(fields.Nested(RefundOut))
    reservation = fields.Nested(ReservationOut, allow_none=True)


class RedemptionPayoutOut(PayoutOut):
    """What one campaign pays of it: as `PayoutOut`, besides `unsettled` and `upheld`.

    `unsettled`: no approved settlement holds it yet. `upheld`: a case was decided against it, its rule `hold_reason`.
    """

    campaign_id = fields.String()
    settlement_id = fields.String(allow_none=True)


class RedemptionOut(Schema):
    """One redemption as books are compared by it; amounts in fen, `state` is the order's."""

    redemption_id = fields.String()
    order_no = fields.String()
    state = fields.String()
    store_id = fields.String()
    terminal_id = fields.String()
    gross_fen = fields.Integer()
    merchant_discount_fen = fields.Integer()
    order_fen = fields.Integer()
    face_fen = fields.Integer()
    used_fen = fields.Integer()
    customer_pays_fen = fields.Integer()
    refunded_fen = fields.Integer()
    redeemed_at = Instant()
    reversed_at = Instant(allow_none=True)
    refunds = fields.List(fields.Nested(RefundOut))
    payouts = fields.List(fields.Nested(RedemptionPayoutOut))


class RedemptionsOut(Schema):
    """Newest first; `next_cursor` is null on the last page."""

    items = fields.List(fields.Nested(RedemptionOut))
    next_cursor = Cursor(allow_none=True)
    server_time = fields.String()


class OlderKeyOut(Schema):
    """A key that still signs, and until when."""

    key_id = fields.String()
    expires_at = fields.String()


class FreshKeyOut(Schema):
    """A key to sign with; keep the secret safe."""

    key_id = fields.String()
    terminal_id = fields.String()
    secret = fields.String()
    older = fields.List(fields.Nested(OlderKeyOut))
