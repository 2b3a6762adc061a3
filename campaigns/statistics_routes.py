"""The organizer's doors to the numbers."""

from __future__ import annotations

from typing import Any

from flask import current_app, request

from app import once, sql
from app.auth import ANY_STAFF, AUTHOR, current_staff, policy
from campaigns import acts, indirect
from campaigns.effect import lottery_effect
from campaigns.opening import opening
from campaigns.routes import bp
from campaigns.statistics import code_counters, etag, statistics
from campaigns.statistics_schemas import (
    CountersOut,
    DaysIn,
    EffectOut,
    IndirectIn,
    IndirectStatedOut,
    OpeningOut,
    SinceIn,
    StatisticsOut,
)


@bp.route("/campaigns/<campaign_id>/statistics", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, StatisticsOut)
def show_statistics(campaign_id: str) -> Any:
    """The numbers of a campaign, live; 304 to an `If-None-Match` as long as none has changed."""
    with sql.snapshot(of_much=False) as session:
        shown = statistics(session, campaign_id)
    known = etag(shown)
    headers = {"ETag": f'"{known}"', "Cache-Control": "private, no-cache"}
    if request.if_none_match.contains(known):
        return current_app.response_class(status=304, headers=headers)
    return shown, 200, headers


@bp.route("/campaigns/<campaign_id>/opening", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(SinceIn, location="query")
@bp.response(200, OpeningOut)
def show_opening(asked: dict[str, int], campaign_id: str) -> dict[str, Any]:
    """Claims by second after each batch's opening; who follows it asks for the last seconds by `since`."""
    with sql.reading() as session:
        return opening(session, campaign_id, asked["since"])


@bp.route("/campaigns/<campaign_id>/indirect-estimates", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(IndirectIn)
@bp.response(201, IndirectStatedOut)
def state_indirect(terms: dict[str, Any], campaign_id: str) -> Any:
    """State the factor of indirect consumption and its source; the last one holds."""
    actor = current_staff().id
    answer = acts.perform(
        "campaign.indirect",
        campaign_id,
        lambda session: indirect.state(session, campaign_id, terms, actor),
        terms["source"],
    )
    return once.rendered(answer)


@bp.route("/batches/<batch_id>/lottery/effect", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, EffectOut)
def show_effect(batch_id: str) -> dict[str, Any]:
    """What the vouchers of a drawn lottery caused: winners beside losers, and the naive ratio beside that."""
    with sql.snapshot() as session:
        return lottery_effect(session, batch_id)


@bp.route("/ankang-code/counters", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(DaysIn, location="query")
@bp.response(200, CountersOut)
def show_counters(days: dict[str, str]) -> dict[str, Any]:
    """Applied, displayed, verified."""
    with sql.reading() as session:
        return code_counters(session, days["first"], days["last"])
