"""Pages of what was taken and what comes of it: the day's list, receipts, settlements and the bank account."""

from __future__ import annotations

from typing import cast

from flask import request
from marshmallow import ValidationError

from app import sql
from app.auth import ANY_MERCHANT_STAFF, TREASURER, current_merchant_staff, policy
from app.merchants import bank, hold_views, money
from app.merchants.statements import content
from app.pages import prints
from merchant_api import books, listing, schemas
from merchant_api.order_query import find_order
from merchant_api.pages_sell import bp, drawn

PAGE = 25
RECEIPT = "AKO1:"  # so that whoever scans one knows what it is


@bp.get("/today")
@policy(ANY_MERCHANT_STAFF)
def show_today() -> str:
    """A day's redemptions, newest first, and their sums."""
    merchant_id, day = current_merchant_staff().merchant_id, books.day(request.args.get("day"))
    before = _place(request.args.get("cursor"))
    page = listing.page(merchant_id, day.since, before or listing.Place(day.until, ""), PAGE)
    with sql.reading() as session:
        sums = books.sums(session, merchant_id, day)
    cursor = schemas.Cursor().serialize("next_cursor", page)
    return drawn(
        "today",
        items=page["items"],
        next_cursor=cursor,
        is_first=before is None,
        sums=sums,
        day=day.name,
        today=books.day(None).name,
    )


def _place(cursor: str | None) -> listing.Place | None:
    try:
        return cast("listing.Place", schemas.Cursor().deserialize(cursor))
    except ValidationError:
        return None


@bp.get("/receipts/<order_no>")
@policy(ANY_MERCHANT_STAFF)
def show_receipt(order_no: str) -> str:
    """A receipt to print, as often as wanted, with a QR code by which a refund finds it."""
    merchant_id = current_merchant_staff().merchant_id
    order = find_order(merchant_id, schemas.checked_order_no(order_no))
    with sql.reading() as session:
        is_test = books.is_test(session, merchant_id, order_no)
    return drawn("receipt", **order, is_test=is_test, qr=prints.qr(RECEIPT + order_no))


@bp.get("/money")
@policy(TREASURER)
def show_money() -> str:
    """Settlements and where their money is, statements, what is on hold, the bank account."""
    merchant_id = current_merchant_staff().merchant_id
    with sql.reading() as session:
        lines = money.settlements(session, merchant_id, None, PAGE)["items"]
        statements = content.listed(session, merchant_id, None, PAGE)["items"]
        cases = hold_views.page(session, None, PAGE, merchant_id=merchant_id)["items"]
        account = bank.of_merchant(session, merchant_id)
    return drawn("money", lines=lines, statements=statements, cases=cases, bank=account)
