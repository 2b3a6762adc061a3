"""The organizer's doors to merchants: review of their applications, verification of their bank accounts."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.auth import ANY_STAFF, APPROVER, PAYMASTER, SEALED, SEALED_MONEY, current_staff, policy
from app.domain.application import Act
from app.domain.payout_hold import AccountState
from app.merchants import applications, bank
from app.merchants.applications import Review
from app.merchants.shapes import ApplicationBriefOut, BankAccountOut
from campaigns import acts
from campaigns import merchant_schemas as schemas
from campaigns.routes import bp

REVIEW_DOORS = (
    ("returns", Act.RETURN, "Send back to the applicant, who may correct it."),
    ("rejections", Act.REJECT, "Refuse for good; another application is needed."),
    ("approvals", Act.APPROVE, "Approve: the merchant is made."),
)
BANK_DOORS = (
    ("verifications", AccountState.VERIFIED, "verify", "Say that this account is the merchant's."),
    ("refusals", AccountState.REFUSED, "refuse", "Say that it is not: the one before stands."),
)


@bp.route("/merchant-applications", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(schemas.ApplicationsIn, location="query")
@bp.response(200, schemas.ApplicationPageOut)
def list_applications(asked: dict[str, Any]) -> dict[str, Any]:
    """Merchants' applications, newest first."""
    with sql.reading() as session:
        return applications.listed(session, asked.get("state"), asked.get("cursor"), asked["limit"])


@bp.route("/merchant-applications/<application_id>", methods=["GET"])
@policy(SEALED)
@bp.response(200, schemas.ReviewedApplicationOut)
def show_application(application_id: str) -> dict[str, Any]:
    """One application in the clear, with its history."""
    with sql.reading() as session:
        shown = applications.shown(session, applications.find(session, application_id))
    acts.looked("application.look", application_id)
    return shown


def _review_door(word: str, act: Act, summary: str) -> None:
    """One address per act of a review; they differ in the act alone."""

    @policy(APPROVER)
    @bp.arguments(schemas.ReviewIn)
    @bp.response(200, ApplicationBriefOut)
    def review(asked: dict[str, Any], application_id: str) -> Any:
        wanted = Review(act, asked["submission"], current_staff().id, asked["reason"])
        answer = acts.perform(
            f"application.{act.value}",
            application_id,
            lambda session: applications.review(session, application_id, wanted),
            wanted.reason,
        )
        return once.rendered(answer)

    review.__doc__ = summary
    bp.route(
        f"/merchant-applications/<application_id>/{word}",
        endpoint=f"{act.value}_application",
        methods=["POST"],
    )(review)


for _word, _act, _summary in REVIEW_DOORS:
    _review_door(_word, _act, _summary)


@bp.route("/bank-accounts", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(schemas.BankAccountsIn, location="query")
@bp.response(200, schemas.BankAccountPageOut)
def list_bank_accounts(asked: dict[str, Any]) -> dict[str, Any]:
    """Versions of merchants' bank accounts, newest first."""
    with sql.reading() as session:
        return bank.listed(session, asked.get("state"), asked.get("cursor"), asked["limit"])


@bp.route("/bank-accounts/<account_id>", methods=["GET"])
@policy(SEALED_MONEY)
@bp.response(200, schemas.OpenedBankAccountOut)
def show_bank_account(account_id: str) -> dict[str, Any]:
    """One version in the clear, to be compared with the documents."""
    with sql.reading() as session:
        shown = bank.opened(session, account_id)
    acts.looked("bank_account.look", account_id)
    return shown


def _bank_door(word: str, to: AccountState, act: str, summary: str) -> None:
    """One address per decision; they differ in the outcome alone."""

    @policy(PAYMASTER)
    @bp.arguments(schemas.BankReasonIn)
    @bp.response(200, BankAccountOut)
    def decide(asked: dict[str, str], account_id: str) -> Any:
        actor, reason = current_staff().id, asked["reason"]
        answer = acts.perform(
            f"bank_account.{act}",
            account_id,
            lambda session: bank.decide(session, account_id, to, actor, reason),
            reason,
        )
        return once.rendered(answer)

    decide.__doc__ = summary
    bp.route(f"/bank-accounts/<account_id>/{word}", endpoint=f"{act}_bank_account", methods=["POST"])(decide)


for _word, _to, _act_name, _summary in BANK_DOORS:
    _bank_door(_word, _to, _act_name, _summary)
