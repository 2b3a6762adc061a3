"""What organizers send and get while they work on a draft. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.domain.terms import Kind
from app.fields import Fen
from campaigns.batch_schemas import BatchEditIn
from campaigns.schemas import FaultOut


class BatchPreviewIn(BatchEditIn):
    """As much of a batch as is filled in: its kind, face and threshold at least. `order_fen`: an order to try."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    face_fen = Fen(required=True)
    threshold_fen = Fen(required=True, least=0)
    order_fen = Fen(allow_none=True)


class BatchExampleOut(Schema):
    """An order, what the voucher takes off and what is left to pay; `reason` is the code of a refusal."""

    order_fen = fields.Integer()
    off_fen = fields.Integer()
    pays_fen = fields.Integer()
    shortfall_fen = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)


class BatchPreviewOut(Schema):
    """The terms in one sentence, orders worked out by the rules of a quote, and what would go wrong."""

    rule_zh = fields.String(allow_none=True)
    rule_en = fields.String(allow_none=True)
    examples = fields.List(fields.Nested(BatchExampleOut))
    faults = fields.List(fields.Nested(FaultOut))
