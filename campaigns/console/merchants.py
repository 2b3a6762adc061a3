"""Merchants in the console: found by name; one with its stores, terminals and keys; what hangs in its shop window."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import render_template, request

from app import sql
from app.auth import HELPERS, ORGANIZER, SEALED, admits, current_staff, policy
from app.fields import PageIn
from app.pages import prints
from campaigns import shops
from campaigns.console.asking import asked
from campaigns.console.frame import bp

STANDINGS = ("active", "suspended")
MOST_WORDS = 40  # of a name, in the citizens' search for stores


@bp.get("/merchants")
@policy(HELPERS)
def list_merchants() -> str:
    """All of them, by name and standing."""
    page, words = asked(PageIn), request.args.get("q", "").strip()[:MOST_WORDS]
    wanted = request.args.get("status", "")
    with sql.reading() as session:
        found = shops.listed(session, words, wanted, page.get("cursor", ""), page["limit"])
    return render_template(
        "console/merchants.html",
        page=found,
        words=words,
        wanted=wanted,
        standings=STANDINGS,
        first="cursor" not in page,
        may_write=admits(ORGANIZER, current_staff().role),
    )


@bp.get("/merchants/<merchant_id>")
@policy(HELPERS)
def show_merchant(merchant_id: str) -> str:
    """One, with all that may be done to it."""
    role = current_staff().role
    with sql.reading() as session:
        merchant = shops.shown(session, merchant_id)
    return render_template(
        "console/merchant.html",
        merchant=merchant,
        may_write=admits(ORGANIZER, role),
        may_look=admits(SEALED, role),
    )


@bp.get("/stores/<store_id>/poster")
@policy(HELPERS)
def show_poster(store_id: str) -> str:
    """A sheet for the shop window: the code opens the citizens' page of stores at this one."""
    with sql.reading() as session:
        store, merchant = shops.store(session, store_id)
    address = f"{request.url_root}c/stores?{urlencode({'q': store.name[:MOST_WORDS]})}"
    return render_template(
        "console/poster.html", store=store, merchant=merchant, address=address, qr=prints.qr(address)
    )
