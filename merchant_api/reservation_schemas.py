"""What tills send and get about reservations."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Whole
from app.vouchers.holds import LONGEST_HOLD_S, SHORTEST_HOLD_S, USUAL_HOLD_S
from merchant_api.schemas import AmountsIn, RedemptionIn


class ReservationIn(RedemptionIn):
    """What a redemption takes, and for how many seconds the vouchers are held."""

    hold_s = Whole(load_default=USUAL_HOLD_S, validate=validate.Range(SHORTEST_HOLD_S, LONGEST_HOLD_S))


class CaptureIn(AmountsIn):
    """The final amounts: they may differ from those of the reservation, and are judged as those of any order."""

    confirm_duplicate = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class ReservationOut(Schema):
    """Vouchers held for one order: `state` is held, redeemed, reversed, released or expired."""

    reservation_id = fields.String()
    order_no = fields.String()
    state = fields.String()
    voucher_ids = fields.List(fields.String())
    reserved_at = fields.String()
    hold_until = fields.String()


class ReservedOut(ReservationOut):
    """A fresh hold, and what its vouchers would take off the order as it was asked for."""

    order_fen = fields.Integer()
    discount_fen = fields.Integer()
    customer_pays_fen = fields.Integer()
    holder = fields.String()
