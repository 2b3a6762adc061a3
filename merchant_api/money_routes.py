"""The doors of a merchant's treasurer: the bank account, and what is settled."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.auth import TREASURER, current_merchant_staff, policy
from app.fields import PageIn
from app.merchants import bank, money
from app.merchants.shapes import BankAccountOut
from merchant_api import acts
from merchant_api import money_schemas as schemas
from merchant_api.application_schemas import BankAccountIn
from merchant_api.routes import bp


@bp.route("/bank-accounts", methods=["POST"])
@policy(TREASURER)
@bp.arguments(BankAccountIn)
@bp.response(201, BankAccountOut)
def change_bank_account(terms: dict[str, str]) -> Any:
    """Change the bank account: to be verified, and payouts are held for the cooling period."""
    member = current_merchant_staff()
    answer = acts.perform(
        "bank_account.change", "", lambda session: bank.hand_in(session, member.merchant_id, terms, member.id)
    )
    return once.rendered(answer)


@bp.route("/bank-accounts", methods=["GET"])
@policy(TREASURER)
@bp.response(200, schemas.BankAccountsOut)
def list_bank_accounts() -> dict[str, Any]:
    """Every version of the bank account, newest first, and whether payouts are held."""
    with sql.reading() as session:
        return bank.of_merchant(session, current_merchant_staff().merchant_id)


@bp.route("/settlements", methods=["GET"])
@policy(TREASURER)
@bp.arguments(PageIn, location="query")
@bp.response(200, schemas.OwnSettlementsOut)
def list_own_settlements(page: dict[str, Any]) -> dict[str, Any]:
    """The own lines of settlement batches, newest first."""
    with sql.reading() as session:
        merchant_id = current_merchant_staff().merchant_id
        return money.settlements(session, merchant_id, page.get("cursor"), page["limit"])
