"""The till's URL table: parse, call, render."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from app import once, terminal_keys
from app.ankang.scan import Till
from app.auth import policy
from app.doors import Door
from app.fields import Nothing
from app.vouchers.redeem import redeem
from app.vouchers.redeeming import Request
from app.vouchers.reverse import Asked, reverse
from merchant_api import answers, keys, listing, schemas
from merchant_api.order_query import find_order
from merchant_api.scans import quote_scan, scan_code
from merchant_api.signature import TERMINAL, current_till

bp = Door("merchant", __name__, url_prefix="/merchant/v1", description="Tills: scan, quote, redeem, reverse")

ORDER, PAGE = answers.OrderOut(), answers.RedemptionsOut()


def wanted(till: Till, asked: dict[str, Any]) -> Request:
    """The order that a checked body asks for."""
    return Request(
        till=till,
        scan_token=asked.get("scan_token"),
        code=asked.get("code"),
        voucher_ids=asked["voucher_ids"],
        order_no=asked["order_no"],
        order=asked["order"],
        is_confirmed=asked["confirm_duplicate"],
        proof=asked.get("proof"),
    )


@bp.route("/scans", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(schemas.ScanIn)
@bp.response(201, answers.AcceptedScanOut)
def create_scan(asked: dict[str, Any]) -> Any:
    """Verify a displayed code (核验)."""
    till, order = current_till(), asked.get("order", {}).get("order")
    write = once.named(till.terminal_id, "scan")
    return once.rendered(scan_code(till, asked["code"], asked["purpose"], order, write))


@bp.route("/quotes", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(schemas.QuoteIn)
@bp.response(200, answers.QuoteOut)
def create_quote(asked: dict[str, Any]) -> dict[str, Any]:
    """Try out an order (试算): no effect."""
    return quote_scan(current_till(), asked["scan_token"], asked["order"], asked.get("voucher_ids"))


@bp.route("/redemptions", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(schemas.RedemptionIn)
@bp.response(201, answers.ReceiptOut)
def create_redemption(asked: dict[str, Any]) -> Any:
    """Redeem vouchers for one order (核销): all or none."""
    till = current_till()
    return once.rendered(redeem(wanted(till, asked), once.named(till.terminal_id, "redeem")))


@bp.route("/redemptions", methods=["GET"])
@policy(TERMINAL)
@bp.arguments(schemas.RedemptionsQuery, location="query")
@bp.response(200, {"anyOf": [answers.OrderOut, answers.RedemptionsOut]})
def show_redemptions(asked: dict[str, Any]) -> Response:
    """With `order_no` the final word on it (查单), otherwise the merchant's redemptions, newest first (对账)."""
    till = current_till()
    if "order_no" in asked:
        return jsonify(ORDER.dump(find_order(till.merchant_id, asked["order_no"])))
    before = asked.get("cursor") or listing.Place(asked.get("until", listing.FOR_EVER), "")
    page = listing.page(till.merchant_id, asked.get("since", 0), before, asked["limit"])
    return jsonify(PAGE.dump(page))


@bp.route("/redemptions/<order_no>/reversals", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(schemas.ReversalIn)
@bp.response(201, answers.ReversalOut)
def create_reversal(given: dict[str, Any], order_no: str) -> Any:
    """Undo a redemption in full (撤销), also before it arrives, or refund a part of it (部分退款)."""
    till = current_till()
    asked = Asked(
        schemas.checked_order_no(order_no),
        given["reason"],
        given.get("refund_fen"),
        given.get("approval_id"),
    )
    return once.rendered(reverse(till, asked, once.named(till.terminal_id, "reverse")))


@bp.route("/terminal-keys", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(Nothing)
@bp.response(201, answers.FreshKeyOut)
def rotate_key(_: dict[str, Any]) -> Any:
    """A fresh key for this terminal (轮换密钥): it signs at once, the older ones end a few hours later."""
    till = current_till()
    body, status, headers = once.rendered(keys.rotate(till, once.named(till.terminal_id, "rotate_key")))
    return {**body, "secret": terminal_keys.secret_of(body["key_id"])}, status, headers
