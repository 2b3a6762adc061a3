"""The doors to a campaign's books: the identity, what is left, what goes back to the treasury; and the audit trail."""

from __future__ import annotations

from typing import Any

from app import clock, once, sql
from app.auth import ANY_STAFF, MONEY, SECOND_PERSON, TRAIL, current_staff, policy
from app.fields import PageIn
from campaigns import acts, book_schemas, books, manage, returns, schemas, trail
from campaigns.routes import bp
from campaigns.trail_schemas import AuditLogIn, AuditLogOut

DECISIONS = (
    (
        "approvals",
        "approved",
        "approve",
        "Let it go, as a second person: the money is posted to the treasury.",
    ),
    ("refusals", "refused", "refuse", "Do not let it go, as a second person; it may be asked for again."),
)


@bp.route("/identity-check", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(PageIn, location="query")
@bp.response(200, book_schemas.IdentityCheckOut)
def check_identity(page: dict[str, Any]) -> dict[str, Any]:
    """Every campaign's balances, and the differences that must be 0."""
    with sql.snapshot() as session:
        return books.identity_check(session, page.get("cursor"), page["limit"])


@bp.route("/campaigns/<campaign_id>/left-over", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, book_schemas.LeftOverOut)
def show_left_over(campaign_id: str) -> dict[str, Any]:
    """What the budget still holds, and why."""
    with sql.snapshot() as session:
        found = books.left_over(session, campaign_id)
        campaign = manage.find_campaign(session, campaign_id)
        return {**found, "returnable": returns.returnable(session, campaign, clock.database_now(session))}


@bp.route("/campaigns/<campaign_id>/treasury-returns", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.ReasonIn)
@bp.response(201, book_schemas.TreasuryReturnOut)
def ask_treasury_return(asked: dict[str, str], campaign_id: str) -> Any:
    """Ask for everything of a closed campaign that may go back."""
    actor = current_staff().id
    answer = acts.perform(
        "treasury_return.ask",
        campaign_id,
        lambda session: returns.ask(session, campaign_id, actor),
        asked["reason"],
    )
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/treasury-returns", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, book_schemas.TreasuryReturnsOut)
def list_treasury_returns(campaign_id: str) -> dict[str, Any]:
    """What was asked for, and what became of it."""
    with sql.reading() as session:
        manage.find_campaign(session, campaign_id)
        return {"items": returns.of_campaign(session, campaign_id)}


def _decision_door(word: str, state: str, act: str, summary: str) -> None:
    """One address per decision; they differ in the outcome alone."""

    @policy(SECOND_PERSON)
    @bp.arguments(schemas.ReasonIn)
    @bp.response(200, book_schemas.TreasuryReturnOut)
    def decide(asked: dict[str, str], return_id: str) -> Any:
        actor = current_staff().id
        answer = acts.perform(
            f"treasury_return.{act}",
            return_id,
            lambda session: returns.decide(session, return_id, actor, state),
            asked["reason"],
        )
        return once.rendered(answer)

    decide.__doc__ = summary
    bp.route(f"/treasury-returns/<return_id>/{word}", endpoint=f"{act}_treasury_return", methods=["POST"])(
        decide
    )


for _word, _state, _act_name, _summary in DECISIONS:
    _decision_door(_word, _state, _act_name, _summary)


@bp.route("/audit-log", methods=["GET"])
@policy(TRAIL)
@bp.arguments(AuditLogIn, location="query")
@bp.response(200, AuditLogOut)
def show_audit_log(asked: dict[str, Any]) -> dict[str, Any]:
    """Privileged acts and refused attempts."""
    with sql.reading() as session:
        return trail.entries(session, asked)
