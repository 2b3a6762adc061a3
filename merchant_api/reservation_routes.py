"""Reservations at the till: hold vouchers for an order, capture them, or give them back."""

from __future__ import annotations

from typing import Any

from app import once
from app.auth import policy
from app.fields import Nothing
from app.vouchers import reserve
from merchant_api import answers, schemas
from merchant_api import reservation_schemas as reservations
from merchant_api.routes import bp, wanted
from merchant_api.signature import TERMINAL, current_till


@bp.route("/reservations", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(reservations.ReservationIn)
@bp.response(201, reservations.ReservedOut)
def create_reservation(asked: dict[str, Any]) -> Any:
    """Hold vouchers for one order (预留): all that a redemption asks is asked, nothing is taken."""
    till = current_till()
    return once.rendered(
        reserve.reserve(wanted(till, asked), asked["hold_s"], once.named(till.terminal_id, "reserve"))
    )


@bp.route("/reservations/<order_no>/captures", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(reservations.CaptureIn)
@bp.response(201, answers.ReceiptOut)
def capture_reservation(asked: dict[str, Any], order_no: str) -> Any:
    """Redeem what is held for this order (完成预留), by its final amounts, at the terminal that reserved."""
    till, number = current_till(), schemas.checked_order_no(order_no)
    write = once.named(till.terminal_id, "redeem")  # a capture is a redemption: one answer a key for both
    return once.rendered(reserve.capture(till, number, asked["order"], asked["confirm_duplicate"], write))


@bp.route("/reservations/<order_no>/releases", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(Nothing)
@bp.response(201, reservations.ReservationOut)
def release_reservation(_: dict[str, Any], order_no: str) -> Any:
    """Give the vouchers back before the hold ends (释放预留)."""
    till, number = current_till(), schemas.checked_order_no(order_no)
    return once.rendered(reserve.release(till, number, once.named(till.terminal_id, "release")))
