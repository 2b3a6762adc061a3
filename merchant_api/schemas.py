"""What tills send and get. Unknown fields are refused."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.fields import ORDER_NO, Fen, Instant, Text
from merchant_api.listing import Place

CODE = validate.Length(1, 400)
TOKEN = validate.Length(1, 120)
AS_TEXT = {"type": "string", "format": "date-time"}


def checked_order_no(text: str) -> str:
    """An order number from a path. Raises Refused(REQUEST_INVALID) where it cannot be one."""
    try:
        return str(ORDER_NO(text))
    except ValidationError as error:
        fault = {"field": "order_no", "code": "invalid", "message": str(error)}
        raise Refused(Refusal.REQUEST_INVALID, errors=[fault]) from error


class AmountsIn(Schema):
    """The order's amounts in fen: gross, and what the merchant took off itself."""

    gross_fen = Fen(required=True)
    merchant_discount_fen = Fen(least=0, load_default=0)

    @post_load
    def as_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The amounts as one checked value under `order`."""
        order = Order(data.pop("gross_fen"), data.pop("merchant_discount_fen"))
        return {**data, "order": order}


class ScanIn(Schema):
    """A code as scanned or typed, and what it is scanned for."""

    code = fields.String(required=True, validate=CODE)
    purpose = fields.String(required=True, validate=validate.OneOf(["voucher", "identity"]))
    order = fields.Nested(AmountsIn)


class QuoteIn(AmountsIn):
    """An order to be tried out."""

    scan_token = fields.String(required=True, validate=TOKEN)


class RedemptionIn(AmountsIn):
    """One order and the vouchers that pay part of it: all of them, or none.

    `confirm_duplicate`: it is another purchase, though it looks like the last one (`possible_duplicate`).
    """

    scan_token = fields.String(validate=TOKEN)
    code = fields.String(validate=CODE)
    voucher_ids = fields.List(
        fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(1, 10)
    )
    order_no = fields.String(required=True, validate=ORDER_NO)
    confirm_duplicate = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema
    def one_proof(self, data: dict[str, Any], **_: Any) -> None:
        """Either the token of a scan or a code, and no voucher twice."""
        if ("scan_token" in data) == ("code" in data):
            raise ValidationError("Give scan_token or code.", "scan_token")
        if len(set(data["voucher_ids"])) < len(data["voucher_ids"]):
            raise ValidationError("A voucher is named twice.", "voucher_ids")


class ReversalIn(Schema):
    """Why a redemption is undone, and how much of its order amount; without `refund_fen` all that is left of it.

    Above the merchant's limit it names an approval for exactly this amount.
    """

    reason = Text(required=True, most=200)
    refund_fen = Fen()
    approval_id = fields.String(validate=validate.Length(1, 40))


class Cursor(fields.String):
    """Where a page of redemptions ends. Whoever sends it got it from us: its content is nobody's business."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        text = None if value is None else urlsafe_b64encode(f"{value.at}.{value.id}".encode()).decode()
        return super()._serialize(text, attr, obj, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            at, _, redemption_id = urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(".")
        except ValueError as error:
            raise ValidationError("Not a cursor of this list.") from error
        if not re.fullmatch(r"[0-9]{1,15}", at) or not re.fullmatch(r"[a-z0-9_]{1,40}", redemption_id):
            raise ValidationError("Not a cursor of this list.")
        return Place(int(at), redemption_id)


class RedemptionsQuery(Schema):
    """One order by its number, or a page of all; `from` is included, `to` is not."""

    order_no = fields.String(validate=ORDER_NO)
    cursor = Cursor()
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))
    since = Instant(data_key="from", metadata=AS_TEXT)
    until = Instant(data_key="to", metadata=AS_TEXT)

    @validates_schema(pass_original=True)
    def one_question(self, _: dict[str, Any], sent: Mapping[str, Any], **__: Any) -> None:
        """A look-up has no pages."""
        if "order_no" in sent and any(name in sent for name in ("cursor", "limit", "from", "to")):
            raise ValidationError("An order number stands alone.", "order_no")


class QuotedVoucherOut(Schema):
    """One voucher: whether it applies, why not, what is short."""

    voucher_id = fields.String()
    campaign_name = fields.String()
    batch_name = fields.String()
    face_fen = fields.Integer()
    threshold_fen = fields.Integer()
    valid_to = fields.String()
    applicable = fields.Boolean()
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    shortfall_fen = fields.Integer(allow_none=True)
    discount_fen = fields.Integer()


class QuoteOut(Schema):
    """All vouchers of the holder against this order."""

    order_fen = fields.Integer()
    vouchers = fields.List(fields.Nested(QuotedVoucherOut))


class AcceptedScanOut(Schema):
    """An accepted scan; the token is good for 180 s at this terminal."""

    scan_id = fields.String()
    scan_token = fields.String()
    expires_at = Instant()
    holder = fields.String()
    purpose = fields.String()
    quote = fields.Nested(QuoteOut, allow_none=True)


class ReceiptLineOut(Schema):
    """One voucher's part."""

    voucher_id = fields.String()
    batch_name = fields.String()
    face_fen = fields.Integer()
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
    """The final word on an order number."""

    order_no = fields.String()
    state = fields.String()
    receipt = fields.Nested(ReceiptOut, allow_none=True)
    refusal = fields.String(allow_none=True)
    reversal = fields.Nested(ReversalOut, allow_none=True)
    refunds = fields.List(fields.Nested(RefundOut))


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
