"""Reservations as a till makes them; every call is sent once and never repeated."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from merchant_api.client.till import Answer
from tests.kit.people import Shop


def reserve(
    shop: Shop,
    proof: str,
    vouchers: list[str] | str,
    order_no: str | None = None,
    gross_fen: int = 12_000,
    hold_s: int = 300,
    key: str | None = None,
    **more: Any,
) -> Answer:
    """Hold vouchers; a fresh order number unless one is given."""
    order = order_no or f"O-{token_hex(6)}"
    return shop.once(shop.till.reserve, proof, vouchers, order, gross_fen, hold_s, key, **more)


def capture(
    shop: Shop, order_no: str, gross_fen: int = 12_000, key: str | None = None, **more: Any
) -> Answer:
    """Redeem what is held."""
    return shop.once(shop.till.capture, order_no, gross_fen, key, **more)


def release(shop: Shop, order_no: str, key: str | None = None) -> Answer:
    """Give back what is held."""
    return shop.once(shop.till.release, order_no, key)
