"""The organizer's doors of holds, adjustments and samples."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.auth import ANY_STAFF, MONEY, SECOND_PERSON, current_staff, policy
from app.fields import Nothing, PageIn
from app.merchants import hold_views as views
from campaigns import acts
from campaigns.holds import adjust, cases, detect, samples, schemas
from campaigns.manage import find_campaign
from campaigns.routes import bp
from campaigns.settlement import find_settlement


@bp.route("/campaigns/<campaign_id>/hold-scans", methods=["POST"])
@policy(MONEY)
@bp.arguments(Nothing)
@bp.response(201, schemas.OpenedCasesOut)
def scan_for_holds(_: dict[str, Any], campaign_id: str) -> Any:
    """Look through the campaign's redemptions now (风险筛查): what a rule names is held."""
    actor = current_staff().id
    answer = acts.perform("hold.scan", campaign_id, lambda session: detect.scan(session, campaign_id, actor))
    return once.rendered(answer)


@bp.route("/holds", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.HoldIn)
@bp.response(201, schemas.OpenedCasesOut)
def hold_redemption(asked: dict[str, str]) -> Any:
    """Put one redemption on hold (暂缓拨付)."""
    actor, about = current_staff().id, asked["redemption_id"]
    answer = acts.perform(
        "hold.open",
        about,
        lambda session: cases.hold(session, about, asked["reason"], actor),
        asked["reason"],
    )
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/hold-cases", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(PageIn, location="query")
@bp.response(200, views.HoldCasesOut)
def list_hold_cases(page: dict[str, Any], campaign_id: str) -> dict[str, Any]:
    """The cases of a campaign, newest first."""
    with sql.reading() as session:
        find_campaign(session, campaign_id)
        return views.page(session, page.get("cursor"), page["limit"], campaign_id=campaign_id)


@bp.route("/hold-cases/<case_id>", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, views.HoldCaseOut)
def show_hold_case(case_id: str) -> dict[str, Any]:
    """One case with its evidence."""
    with sql.reading() as session:
        return views.case(session, cases.find(session, case_id))


@bp.route("/hold-cases/<case_id>/decisions", methods=["POST"])
@policy(SECOND_PERSON)
@bp.arguments(schemas.HoldDecisionIn)
@bp.response(200, views.HoldCaseOut)
def decide_hold_case(asked: dict[str, str], case_id: str) -> Any:
    """A second person lets go what is on hold, or keeps it."""
    actor, reason = current_staff().id, asked["reason"]
    answer = acts.perform(
        f"hold.{asked['to']}",
        case_id,
        lambda session: cases.decide(session, case_id, asked["to"], reason, actor),
        reason,
    )
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/adjustments", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.AdjustmentIn)
@bp.response(201, schemas.AdjustmentOut)
def propose_adjustment(terms: dict[str, Any], campaign_id: str) -> Any:
    """Propose a gesture or a claw-back."""
    actor = current_staff().id
    answer = acts.perform(
        "adjustment.propose",
        "",
        lambda session: adjust.propose(session, campaign_id, terms, actor),
        terms["reason"],
    )
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/adjustments", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, schemas.AdjustmentsOut)
def list_adjustments(campaign_id: str) -> dict[str, Any]:
    """The adjustments of a campaign, oldest first."""
    with sql.reading() as session:
        find_campaign(session, campaign_id)
        return {"items": adjust.of_campaign(session, campaign_id)}


@bp.route("/adjustments/<adjustment_id>/decisions", methods=["POST"])
@policy(SECOND_PERSON)
@bp.arguments(schemas.AdjustmentDecisionIn)
@bp.response(200, schemas.AdjustmentOut)
def decide_adjustment(asked: dict[str, str], adjustment_id: str) -> Any:
    """A second person says yes or no."""
    actor = current_staff().id
    answer = acts.perform(
        f"adjustment.{asked['to']}",
        adjustment_id,
        lambda session: adjust.decide(session, adjustment_id, asked["to"], actor),
        asked["reason"],
    )
    return once.rendered(answer)


@bp.route("/settlements/<settlement_id>/sample", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, schemas.SampleOut)
def show_sample(settlement_id: str) -> dict[str, Any]:
    """What has to be looked at before the batch is approved."""
    with sql.reading() as session:
        find_settlement(session, settlement_id)
        return samples.of_settlement(session, settlement_id)


@bp.route("/settlements/<settlement_id>/reviews", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.SampleIn)
@bp.response(200, schemas.SampleOut)
def review_sample(seen: dict[str, str], settlement_id: str) -> Any:
    """Say what one of the sample is."""
    actor = current_staff().id
    answer = acts.perform(
        "settlement.review",
        settlement_id,
        lambda session: samples.review(session, settlement_id, actor_id=actor, **seen),
        seen["reason"],
    )
    return once.rendered(answer)
