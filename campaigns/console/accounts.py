"""Merchants' bank accounts in the console: which wait to be verified, and one in the clear beside its decision."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, PAYMASTER, SEALED_MONEY, admits, current_staff, policy
from app.domain.payout_hold import AccountState
from app.merchants import bank
from app.models import Merchant
from campaigns import acts, naming
from campaigns.console.asking import asked
from campaigns.console.frame import bp
from campaigns.merchant_schemas import BankAccountsIn


@bp.get("/accounts")
@policy(ANY_STAFF)
def list_accounts() -> str:
    """Versions, newest first, with what holds the merchant's payouts."""
    page = asked(BankAccountsIn)
    with sql.reading() as session:
        found = bank.listed(session, page.get("state"), page.get("cursor"), page["limit"])
        merchant_ids = {one["merchant_id"] for one in found["items"]}
        names, holds = naming.names(session, Merchant, merchant_ids), bank.holds(session, merchant_ids)
    return render_template(
        "console/accounts.html",
        page=found,
        names=names,
        holds=holds,
        wanted=page.get("state", ""),
        states=[state.value for state in AccountState],
        first="cursor" not in page,
        may_look=admits(SEALED_MONEY, current_staff().role),
    )


@bp.get("/accounts/<account_id>")
@policy(SEALED_MONEY)
def show_account(account_id: str) -> str:
    """One in the clear; the look is in the audit trail, as at the JSON door."""
    with sql.reading() as session:
        shown = bank.opened(session, account_id)
        hold = bank.of_merchant(session, shown["merchant_id"])
    acts.looked("bank_account.look", account_id)
    return render_template(
        "console/account.html",
        one=shown,
        hold=hold,
        may_decide=admits(PAYMASTER, current_staff().role) and shown["state"] == "pending",
    )
