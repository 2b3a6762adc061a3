"""The ledger: every campaign's balances, and the differences that must be zero."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, policy
from app.domain import accounts
from campaigns import books
from campaigns.console import money
from campaigns.console.frame import bp

PAGE = 20


@bp.get("/ledger")
@policy(ANY_STAFF)
def show_ledger() -> str:
    """A trial balance of each campaign, checked against vouchers, redemptions, holds and returns."""
    with sql.snapshot() as session:
        found = books.identity_check(session, money.cursor(), PAGE)
    totals = {name: sum(item["balances"][name] for item in found["items"]) for name in accounts.NAMES}
    return render_template(
        "console/ledger.html",
        **found,
        accounts=accounts.ACCOUNTS,
        totals=totals,
        is_first=money.cursor() is None,
    )
