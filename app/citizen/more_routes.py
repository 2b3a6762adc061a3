"""The citizen's door to what stands beside the wallet: receipts, stores, codes for when the network is away."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app import clock, sql
from app.ankang import display
from app.auth import CITIZEN, PUBLIC, current_citizen, policy
from app.citizen import displays, receipts, stores
from app.citizen.routes import bp
from app.fields import Instant, Normalised, Nothing, PageIn, Text


class StoresIn(PageIn):
    """What is looked for; everything may be left out. With `near` (`30.508,117.043`) the nearest come first."""

    cursor = fields.String(validate=validate.Regexp(r"^[0-9]{1,16}_[a-z0-9_]{1,40}\Z"))

    area = Text(load_default="", most=64)
    category = Text(load_default="", most=64)
    q = Text(load_default="", most=40)
    batch_id = Text(load_default="", most=40)
    near = Normalised(stores.point_of, load_default=None)


class PlaceOut(Schema):
    """A store where vouchers can be spent; `distance_m` where `near` was asked and the store is placed on the map."""

    store_id = fields.String()
    name = fields.String()
    merchant = fields.String()
    category = fields.String()
    area = fields.String()
    address = fields.String()
    distance_m = fields.Integer(allow_none=True)


class PlacesOut(Schema):
    """Nearest first with `near`, else in one fixed order."""

    items = fields.List(fields.Nested(PlaceOut))
    next_cursor = fields.String(allow_none=True)


class CitizenRefundOut(Schema):
    """A part that came back: what the customer got of it, and what went back to the budget."""

    refund_fen = fields.Integer()
    customer_fen = fields.Integer()
    subsidy_fen = fields.Integer()
    reason = fields.String()
    refunded_at = Instant()


class PaidVoucherOut(Schema):
    """A voucher's part of an order."""

    voucher_id = fields.String()
    batch_name = fields.String()
    face_fen = fields.Integer()
    subsidy_fen = fields.Integer()


class CitizenReceiptOut(Schema):
    """An order that was paid with vouchers; `state` is effective, or reversed when all of it was undone."""

    redemption_id = fields.String()
    order_no = fields.String()
    merchant = fields.String()
    store = fields.String()
    redeemed_at = Instant()
    reversed_at = Instant(allow_none=True)
    order_fen = fields.Integer()
    used_fen = fields.Integer()
    customer_pays_fen = fields.Integer()
    refunded_fen = fields.Integer()
    state = fields.String()
    lines = fields.List(fields.Nested(PaidVoucherOut))
    refunds = fields.List(fields.Nested(CitizenRefundOut))


class CitizenReceiptsOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(CitizenReceiptOut))
    next_cursor = fields.String(allow_none=True)


class ReservedCodeOut(Schema):
    """A code to show between two instants and not before."""

    code = fields.String()
    qr_svg = fields.String()
    barcode_svg = fields.String()
    shows_from = Instant()
    refresh_at = Instant()
    expires_at = Instant()


class ReservedCodesOut(Schema):
    """One after the other; all are of one handle, so one of them is good for one scan."""

    items = fields.List(fields.Nested(ReservedCodeOut), validate=validate.Length(1))
    server_time = Instant()


@bp.route("/stores", methods=["GET"])
@policy(PUBLIC)
@bp.arguments(StoresIn, location="query")
@bp.response(200, PlacesOut)
def list_stores(asked: dict[str, Any]) -> dict[str, Any]:
    """Where vouchers can be spent, or a batch's vouchers."""
    return stores.find(stores.Wanted.of(asked), asked.get("cursor"), asked["limit"])


@bp.route("/receipts", methods=["GET"])
@policy(CITIZEN)
@bp.arguments(PageIn, location="query")
@bp.response(200, CitizenReceiptsOut)
def list_receipts(page: dict[str, Any]) -> dict[str, Any]:
    """What I paid with vouchers, and what came back."""
    return receipts.receipts(current_citizen().id, page.get("cursor"), page["limit"])


@bp.route("/ankang-code/reserves", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(Nothing)
@bp.response(201, ReservedCodesOut)
def reserve_codes(_: dict[str, Any]) -> dict[str, Any]:
    """Codes for the next ten minutes, should the network go away (断网备用码). Every call makes new ones: no key."""
    citizen_id, at = current_citizen().id, clock.now()
    codes = sql.write(lambda session: display.reserve(session, citizen_id, at))
    items = [{**displays.drawn(shown), "shows_from": shown.shows_from_ms} for shown in codes]
    return {"items": items, "server_time": at}
