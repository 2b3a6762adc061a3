"""What tills send and get about taking vouchers without a network."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.fields import ORDER_NO, Instant
from app.once import KEY
from app.vouchers.offline import Intent
from merchant_api.answers import ReceiptOut
from merchant_api.schemas import AS_TEXT, CODE, MOST_ID, AmountsIn

MOST_INTENTS = 50
AN_ID = validate.Length(1, MOST_ID)
AS_KEY = validate.Regexp(f"^{KEY.pattern}\\Z", error="8 to 64 letters, digits, dashes, underscores.")


class IntentIn(AmountsIn):
    """One order that was taken without a network: its own key, the `AK1:` code, its voucher, amounts, the instant."""

    key = fields.String(required=True, validate=AS_KEY)
    allowance_id = fields.String(required=True, validate=AN_ID)
    code = fields.String(required=True, validate=CODE)
    voucher_id = fields.String(required=True, validate=AN_ID)
    order_no = fields.String(required=True, validate=ORDER_NO)
    taken_at = Instant(required=True, metadata=AS_TEXT)

    @post_load
    def as_order(self, data: dict[str, Any], **more: Any) -> Any:
        """The intent as one checked value."""
        return Intent(**super().as_order(data, **more))


class OfflineBatchIn(Schema):
    """Intents, each once, at most fifty."""

    intents = fields.List(fields.Nested(IntentIn), required=True, validate=validate.Length(1, MOST_INTENTS))

    @post_load
    def each_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No key twice."""
        keys = [intent.key for intent in data["intents"]]
        if len(set(keys)) < len(keys):
            raise ValidationError("A key is used twice.", "intents")
        return data


class OfflineLineOut(Schema):
    """What became of one intent: `redeemed` with its receipt, or `refused` with a code; final for its key.

    `offline_conflict` says in `facts` who bears it (`liable`, `merchant_id`) by which rule (`liability`).
    """

    key = fields.String()
    order_no = fields.String()
    result = fields.String()
    replayed = fields.Boolean()
    receipt = fields.Nested(ReceiptOut)
    code = fields.String()
    message = fields.String()
    facts = fields.Dict()


class OfflineBatchOut(Schema):
    """A line for each intent, in their order."""

    lines = fields.List(fields.Nested(OfflineLineOut))


class AllowanceOut(Schema):
    """What this terminal may take offline today. `document` holds all of it as the text that `signature` is under."""

    allowance_id = fields.String()
    terminal_id = fields.String()
    most_count = fields.Integer()
    most_fen = fields.Integer()
    valid_from = fields.String()
    valid_to = fields.String()
    upload_until = fields.String()
    liability = fields.String()
    liable = fields.String()
    key_id = fields.Integer()
    document = fields.String()
    signature = fields.String()


class IssuerKeyOut(Schema):
    """A public key: 32 bytes in hexadecimal; `key_id` is what credentials and allowances name."""

    key_id = fields.Integer()
    algorithm = fields.String()
    public_key = fields.String()
    current = fields.Boolean()


class IssuerKeysOut(Schema):
    """All keys that verify; the current one signs."""

    items = fields.List(fields.Nested(IssuerKeyOut))
