"""What agents send and get."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.ankang.identity import normalise_id_number, normalise_name
from app.fields import Normalised, Text

ID = validate.Length(1, 40)


class VisitIn(Schema):
    """Who stands at the desk, and how that person agreed to be served."""

    id_number = Normalised(normalise_id_number, required=True)
    consent = fields.String(required=True, validate=validate.OneOf(("signed", "spoken")))


class DeskApplicationIn(VisitIn):
    """Who applies at a desk. There is no phone: nobody's but the own may stand there."""

    name = Normalised(normalise_name, required=True)


class VisitOut(Schema):
    """As much of a resident as a shop sees, and until when this agent may serve that person."""

    citizen_id = fields.String()
    holder = fields.String()
    status = fields.String()
    applied_at = fields.String()
    visit_until = fields.String()


class DeskClaimIn(Schema):
    """A voucher of which batch."""

    batch_id = fields.String(required=True, validate=ID)


class DeskVoucherOut(Schema):
    """A voucher of the resident."""

    voucher_id = fields.String()
    batch_name = fields.String()
    campaign_name = fields.String()
    face_fen = fields.Integer()
    status = fields.String()
    valid_to = fields.String()
    rule = fields.String()


class DeskClaimedVoucherOut(Schema):
    """A voucher that was just claimed."""

    voucher_id = fields.String()
    batch_id = fields.String()
    status = fields.String()
    valid_from = fields.String()
    valid_to = fields.String()


class DeskClaimOut(Schema):
    """What the resident got."""

    claim_key = fields.String()
    voucher = fields.Nested(DeskClaimedVoucherOut)


class DeskBatchOut(Schema):
    """What the resident can claim now."""

    batch_id = fields.String()
    name = fields.String()
    campaign_name = fields.String()
    face_fen = fields.Integer()
    rules = fields.List(fields.String())
    claim_to = fields.String()
    remaining = fields.Integer()


class SheetBriefOut(Schema):
    """A sheet, without its digits."""

    sheet_id = fields.String()
    voucher_id = fields.String()
    state = fields.String()
    printed_at = fields.String()
    replaced_by = fields.String(allow_none=True)


class ResidentOut(Schema):
    """Who is being served: vouchers, sheets, and what there is to claim."""

    citizen_id = fields.String()
    holder = fields.String()
    vouchers = fields.List(fields.Nested(DeskVoucherOut))
    sheets = fields.List(fields.Nested(SheetBriefOut))
    batches = fields.List(fields.Nested(DeskBatchOut))


class SheetIn(Schema):
    """A sheet for which voucher."""

    voucher_id = fields.String(required=True, validate=ID)


class SheetReasonIn(Schema):
    """Why, for the audit trail."""

    reason = Text(required=True, most=200)


class SheetOut(Schema):
    """A sheet that was just printed, with the digits of its QR code and those to be typed. They are stored nowhere."""

    sheet_id = fields.String()
    voucher_id = fields.String()
    citizen_id = fields.String()
    state = fields.String()
    printed_at = fields.String()
    qr = fields.String()
    digits = fields.String()


class SheetStateOut(Schema):
    """What has become of a sheet."""

    sheet_id = fields.String()
    state = fields.String()
