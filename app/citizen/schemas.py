"""What citizens send and get. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.ankang.identity import normalise_id_number, normalise_name, normalise_phone
from app.fields import Instant, Normalised, PublicLotteryOut


class OtpIn(Schema):
    """Where to send the SMS code."""

    phone = Normalised(normalise_phone, required=True)


class OtpOut(Schema):
    """A code is on its way."""

    sent = fields.Boolean()
    expires_at = Instant()
    retry_after_s = fields.Integer()


class SessionIn(OtpIn):
    """The SMS code that proves the phone."""

    sms_code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}\Z"))


class SessionOut(Schema):
    """A bearer token; `applied` tells whether this phone has an Ankang code."""

    token = fields.String()
    expires_at = Instant()
    applied = fields.Boolean()


class ApplicationIn(Schema):
    """Name and ID number (GB 11643); the phone is the session's."""

    name = Normalised(normalise_name, required=True)
    id_number = Normalised(normalise_id_number, required=True)


class CitizenOut(Schema):
    """The own registration."""

    citizen_id = fields.String()
    holder = fields.String()
    status = fields.String()
    applied_at = fields.String()


class AppliedOut(CitizenOut):
    """The registration, and a session of the new citizen."""

    token = fields.String()
    expires_at = Instant()


class DisplayOut(Schema):
    """One code as digits, QR and Code 128; draw a new one at `refresh_at`, none is accepted from `expires_at` on."""

    code = fields.String()
    qr_svg = fields.String()
    barcode_svg = fields.String()
    displayed_at = Instant()
    refresh_at = Instant()
    expires_at = Instant()


class ScanOut(Schema):
    """One line of the list "who scanned me"."""

    scan_id = fields.String()
    at = Instant()
    merchant = fields.String()
    store = fields.String()
    purpose = fields.String()
    result = fields.String()
    order_no = fields.String(allow_none=True)


class ScansOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(ScanOut))
    next_cursor = fields.String(allow_none=True)


class VoucherOut(Schema):
    """A voucher as its holder sees it."""

    voucher_id = fields.String()
    batch_id = fields.String()
    campaign_id = fields.String()
    batch_name = fields.String()
    campaign_name = fields.String()
    face_fen = fields.Integer()
    threshold_fen = fields.Integer()
    status = fields.String()
    claimed_at = fields.String()
    valid_from = fields.String()
    valid_to = fields.String()


class HeldVoucherOut(VoucherOut):
    """A voucher in the wallet; `rule` says its terms in one sentence."""

    rule = fields.String()


class ClaimOut(Schema):
    """A granted claim."""

    claim_key = fields.String()
    voucher = fields.Nested(VoucherOut)


class VouchersOut(Schema):
    """The wallet, what expires first on top."""

    items = fields.List(fields.Nested(HeldVoucherOut))


class PublicBatchOut(Schema):
    """A batch as everybody sees it; `rule` says its terms in one sentence, `merchants` where it names some."""

    batch_id = fields.String()
    name = fields.String()
    kind = fields.String()
    mode = fields.String()
    rule = fields.String()
    merchants = fields.List(fields.String())
    face_fen = fields.Integer()
    threshold_fen = fields.Integer()
    stock = fields.Integer()
    remaining = fields.Integer()
    person_limit = fields.Integer()
    claim_from = Instant()
    claim_to = Instant()
    valid_from = Instant()
    valid_to = Instant()
    valid_days = fields.Integer(allow_none=True)
    lottery = fields.Nested(PublicLotteryOut, allow_none=True)


class PublicCampaignOut(Schema):
    """A campaign as everybody sees it."""

    campaign_id = fields.String()
    name = fields.String()
    state = fields.String()
    batches = fields.List(fields.Nested(PublicBatchOut))


class CampaignNowOut(PublicCampaignOut):
    """One campaign, and the server's time to count down by."""

    server_time = Instant()


class PublicCampaignsOut(Schema):
    """All campaigns that are or were open to the public."""

    items = fields.List(fields.Nested(PublicCampaignOut))
    server_time = Instant()
