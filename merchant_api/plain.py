"""Bodies of the usual form, checked without schemas: what is let in here has the value that the schema gives it.

Everything else, and every doubt, is None: then the schema decides. `tests/merchant_api/test_plain.py` compares both.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from app.domain.goods import GOODS
from app.domain.money import MAX_FEN
from app.domain.quote import MOST_TOGETHER, Order
from app.domain.refusals import Refused
from merchant_api.schemas import BEST, MOST_ID, MOST_ITEMS

AMOUNTS = {"gross_fen", "merchant_discount_fen", "items"}
SCAN = {"code", "purpose", "order"}
REDEMPTION = AMOUNTS | {"scan_token", "code", "voucher_ids", "order_no", "confirm_duplicate"}
PURPOSES = ("voucher", "identity")
ITEM = {"goods", "amount_fen"}
CODE = re.compile(r"[ -~]{1,400}")
TOKEN = re.compile(r"[!-~]{1,120}")
ORDER_NO = re.compile(r"[A-Za-z0-9._-]{1,64}")
VOUCHER_ID = re.compile(rf"[!-~]{{1,{MOST_ID}}}")


def parsed(content: bytes) -> dict[str, Any] | None:
    """The JSON object in a body."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if type(body) is dict else None


def scan(body: dict[str, Any]) -> dict[str, Any] | None:
    """As `schemas.ScanIn`."""
    if not body.keys() <= SCAN or body.get("purpose") not in PURPOSES or not _is(CODE, body.get("code")):
        return None
    asked = {"code": body["code"], "purpose": body["purpose"]}
    if "order" not in body:
        return asked
    amounts = body["order"]
    order = _order(amounts) if type(amounts) is dict and amounts.keys() <= AMOUNTS else None
    return None if order is None else {**asked, "order": {"order": order}}


def redemption(body: dict[str, Any]) -> dict[str, Any] | None:
    """As `schemas.RedemptionIn`."""
    proof: dict[str, Any] = {name: body[name] for name in ("scan_token", "code") if name in body}
    if not body.keys() <= REDEMPTION or not _is(ORDER_NO, body.get("order_no")) or len(proof) != 1:
        return None
    confirmed, wanted = body.get("confirm_duplicate", False), body.get("voucher_ids")
    ((name, text),) = proof.items()
    is_usual = _is(TOKEN if name == "scan_token" else CODE, text) and type(confirmed) is bool
    order = _order(body) if is_usual and (wanted == BEST or _are_ids(wanted)) else None
    if order is None:
        return None
    return {
        **proof,
        "voucher_ids": None if wanted == BEST else wanted,
        "order_no": body["order_no"],
        "confirm_duplicate": confirmed,
        "order": order,
    }


def _order(body: dict[str, Any]) -> Order | None:
    gross_fen: Any = body.get("gross_fen")
    discount_fen, items = body.get("merchant_discount_fen", 0), body.get("items", [])
    if not _is_fen(gross_fen) or not _is_fen(discount_fen) or ("items" in body and not _are_items(items)):
        return None
    try:
        return Order(gross_fen, discount_fen, tuple((item["goods"], item["amount_fen"]) for item in items))
    except Refused:
        return None


def _is_fen(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_FEN


def _are_items(items: Any) -> bool:
    return type(items) is list and 0 < len(items) <= MOST_ITEMS and all(map(_is_item, items))


def _is_item(item: Any) -> bool:
    if type(item) is not dict or item.keys() != ITEM:
        return False
    return type(item["goods"]) is str and item["goods"] in GOODS and _is_fen(item["amount_fen"])


def _are_ids(wanted: Any) -> bool:
    if type(wanted) is not list or not 0 < len(wanted) <= MOST_TOGETHER:
        return False
    return all(_is(VOUCHER_ID, each) for each in wanted) and len(set(wanted)) == len(wanted)


def _is(form: re.Pattern[str], text: Any) -> bool:
    return type(text) is str and form.fullmatch(text) is not None
