"""What tills send and get. Unknown fields are refused."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.domain.goods import GOODS
from app.domain.quote import MOST_TOGETHER, Order
from app.domain.refusals import Refusal, Refused
from app.fields import ORDER_NO, Fen, Instant, Text
from merchant_api.listing import Place

CODE = validate.Length(1, 400)
TOKEN = validate.Length(1, 120)
AS_TEXT = {"type": "string", "format": "date-time"}
MOST_ITEMS = 200
BEST = "best"
MOST_ID = 40
SOME_IDS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": MOST_ID},
    "minItems": 1,
    "maxItems": MOST_TOGETHER,
    "uniqueItems": True,
}


def checked_order_no(text: str) -> str:
    """An order number from a path. Raises Refused(REQUEST_INVALID) where it cannot be one."""
    try:
        return str(ORDER_NO(text))
    except ValidationError as error:
        fault = {"field": "order_no", "code": "invalid", "message": str(error)}
        raise Refused(Refusal.REQUEST_INVALID, errors=[fault]) from error


class VoucherIds(fields.Field[list[str] | None]):
    """Ids of vouchers, each once; or "best", read as None: those that together take most off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"oneOf": [{"enum": [BEST]}, SOME_IDS]}, **kwargs)
        self.ids = fields.List(
            fields.String(validate=validate.Length(1, MOST_ID)), validate=validate.Length(1, MOST_TOGETHER)
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str] | None:
        if value == BEST:
            return None
        voucher_ids = [str(each) for each in self.ids.deserialize(value, attr, data, **kwargs) or ()]
        if len(set(voucher_ids)) < len(voucher_ids):
            raise ValidationError("A voucher is named twice.")
        return voucher_ids


class ItemIn(Schema):
    """What is payable for goods of one kind, after the merchant's discount."""

    goods = fields.String(required=True, validate=validate.OneOf(list(GOODS)))
    amount_fen = Fen(least=0, required=True)


class AmountsIn(Schema):
    """The order's amounts in fen: gross, and what the merchant took off itself.

    `items` say what of the order amount is payable for which goods: all of it or, without items, none. A kind of goods
    may come more than once. Vouchers for certain goods only need them.
    """

    gross_fen = Fen(required=True)
    merchant_discount_fen = Fen(least=0, load_default=0)
    items = fields.List(fields.Nested(ItemIn), validate=validate.Length(1, MOST_ITEMS))

    @post_load
    def as_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The amounts as one checked value under `order`."""
        items = tuple((item["goods"], item["amount_fen"]) for item in data.pop("items", ()))
        order = Order(data.pop("gross_fen"), data.pop("merchant_discount_fen"), items)
        return {**data, "order": order}


class ScanIn(Schema):
    """A code as scanned or typed, and what it is scanned for."""

    code = fields.String(required=True, validate=CODE)
    purpose = fields.String(required=True, validate=validate.OneOf(["voucher", "identity"]))
    order = fields.Nested(AmountsIn)


class QuoteIn(AmountsIn):
    """An order to be tried out, and the vouchers that shall pay it together, if they are chosen already."""

    scan_token = fields.String(required=True, validate=TOKEN)
    voucher_ids = VoucherIds()


class RedemptionIn(AmountsIn):
    """One order and the vouchers that pay part of it: all of them, or none.

    `confirm_duplicate`: it is another purchase, though it looks like the last one (`possible_duplicate`).
    """

    scan_token = fields.String(validate=TOKEN)
    code = fields.String(validate=CODE)
    voucher_ids = VoucherIds(required=True)
    order_no = fields.String(required=True, validate=ORDER_NO)
    confirm_duplicate = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema
    def one_proof(self, data: dict[str, Any], **_: Any) -> None:
        """Either the token of a scan or a code."""
        if ("scan_token" in data) == ("code" in data):
            raise ValidationError("Give scan_token or code.", "scan_token")


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
