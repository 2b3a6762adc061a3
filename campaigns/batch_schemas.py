"""What organizers send and get of a batch. Unknown fields are refused."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.domain.goods import GOODS
from app.domain.terms import DAY_MINUTES, Kind
from app.fields import Fen, Instant, Text, Whole

MAX_STOCK = 100_000_000
MODE = validate.OneOf(["first_come", "lottery", "targeted"])
CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d\Z|^24:00\Z")


def _each_once(listed: list[Any]) -> None:
    if len(set(listed)) < len(listed):
        raise ValidationError("Something is named twice.")


def _up_to(most: int) -> list[Any]:
    return [validate.Length(0, most), _each_once]


class WindowIn(Schema):
    """From this time of the Shanghai day until that one, which does not count; the day ends at 24:00."""

    start = fields.String(data_key="from", required=True, validate=CLOCK)
    end = fields.String(data_key="to", required=True, validate=CLOCK)

    @post_load
    def as_minutes(self, data: dict[str, str], **_: Any) -> tuple[int, int]:
        """Minutes of the day."""
        start, end = (int(data[name][:2]) * 60 + int(data[name][3:]) for name in ("start", "end"))
        return min(start, DAY_MINUTES), end


class TermsIn(Schema):
    """For what, when, where and with which others a voucher may be redeemed; what is not given does not limit.

    Goods are named as those it is for or those it is not for. Weekdays are 1 (Monday) to 7. Of the vouchers of one
    exclusive group, also of other campaigns, an order takes one; of this batch's own as many as `per_order`.
    """

    goods_in = fields.List(
        fields.String(validate=validate.OneOf(list(GOODS))), allow_none=True, validate=_up_to(len(GOODS))
    )
    goods_out = fields.List(
        fields.String(validate=validate.OneOf(list(GOODS))), allow_none=True, validate=_up_to(len(GOODS))
    )
    weekdays = fields.List(Whole(validate=validate.Range(1, 7)), allow_none=True, validate=_up_to(7))
    hours = fields.List(fields.Nested(WindowIn), allow_none=True, validate=_up_to(8))
    areas = fields.List(Text(most=64), allow_none=True, validate=_up_to(20))
    categories = fields.List(Text(most=64), allow_none=True, validate=_up_to(20))
    merchant_ids = fields.List(
        fields.String(validate=validate.Length(1, 40)), allow_none=True, validate=_up_to(1_000)
    )
    exclusive_group = Text(most=64, allow_none=True)
    per_order = Whole(allow_none=True, validate=validate.Range(1, 10))


class BatchIn(TermsIn):
    """Give either valid_from and valid_to, or valid_days after the claim; a lottery names its public value.

    The kind says what the face is: what comes off an order that reaches the threshold (full_reduction), the cap of a
    percentage (percent, with `off_bp` basis points off, rounded down to the fen), or what it pays at most (cash).
    """

    name = Text(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    mode = fields.String(load_default="first_come", validate=MODE)
    public_value_name = Text(load_default=None, allow_none=True, most=200)
    face_fen = Fen(required=True)
    off_bp = Whole(load_default=None, allow_none=True, validate=validate.Range(1, 9_999))
    threshold_fen = Fen(required=True, least=0)
    stock = Whole(required=True, validate=validate.Range(1, MAX_STOCK))
    person_limit = Whole(load_default=1, validate=validate.Range(1, 100))
    claim_from = Instant(required=True)
    claim_to = Instant(required=True)
    valid_from = Instant(load_default=None)
    valid_to = Instant(load_default=None)
    valid_days = Whole(load_default=None, validate=validate.Range(1, 365))


class BatchEditIn(TermsIn):
    """Anything of a draft's batch; once approved, the stock only."""

    name = Text()
    kind = fields.String(validate=validate.OneOf([kind.value for kind in Kind]))
    public_value_name = Text(most=200)
    face_fen = Fen()
    off_bp = Whole(allow_none=True, validate=validate.Range(1, 9_999))
    threshold_fen = Fen(least=0)
    stock = Whole(validate=validate.Range(1, MAX_STOCK))
    person_limit = Whole(validate=validate.Range(1, 100))
    claim_from = Instant()
    claim_to = Instant()
    valid_from = Instant(allow_none=True)
    valid_to = Instant(allow_none=True)
    valid_days = Whole(allow_none=True, validate=validate.Range(1, 365))


class WindowOut(Schema):
    """Hours of a day."""

    start = fields.String(data_key="from", attribute="from")
    end = fields.String(data_key="to", attribute="to")


class BatchOut(Schema):
    """A batch; `rule` says its terms in one sentence."""

    batch_id = fields.String()
    name = fields.String()
    kind = fields.String()
    mode = fields.String()
    rule = fields.String()
    face_fen = fields.Integer()
    off_bp = fields.Integer(allow_none=True)
    threshold_fen = fields.Integer()
    stock = fields.Integer()
    claimed = fields.Integer()
    remaining = fields.Integer()
    person_limit = fields.Integer()
    claim_from = fields.String()
    claim_to = fields.String()
    valid_from = fields.String(allow_none=True)
    valid_to = fields.String(allow_none=True)
    valid_days = fields.Integer(allow_none=True)
    goods_in = fields.List(fields.String(), allow_none=True)
    goods_out = fields.List(fields.String(), allow_none=True)
    weekdays = fields.List(fields.Integer(), allow_none=True)
    hours = fields.List(fields.Nested(WindowOut), allow_none=True)
    areas = fields.List(fields.String(), allow_none=True)
    categories = fields.List(fields.String(), allow_none=True)
    merchant_ids = fields.List(fields.String(), allow_none=True)
    exclusive_group = fields.String(allow_none=True)
    per_order = fields.Integer(allow_none=True)
