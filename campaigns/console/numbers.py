"""A campaign's statistics with plots: every figure is the JSON door's."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from app import sql
from app.auth import ANY_STAFF, AUTHOR, MONEY, admits, current_staff, policy
from app.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from app.pages import catalogue
from campaigns.books import left_over
from campaigns.console import cuts
from campaigns.console.frame import bp
from campaigns.statistics import statistics
from campaigns.statistics_schemas import StatisticsOut

TILES = {
    "verified_vouchers": "verified_is",
    "subsidy_fen": "",
    "direct_fen": "direct_is",
    "leverage": "leverage_is",
}
MORE = (
    "claimed",
    "held",
    "expired",
    "new_holders",
    "returning_holders",
    "mean_use_ms",
    "used_in_day_share",
)
OF_BATCH = (
    "stock",
    "claimed",
    "sold_out_after_ms",
    "held",
    "expired",
    "verified_vouchers",
    "subsidy_fen",
    "direct_fen",
    "leverage",
)


@bp.get("/campaigns/<campaign_id>/numbers")
@policy(ANY_STAFF)
def show_numbers(campaign_id: str) -> str:
    """By day, hour, weekday, place; the funnel; what is estimated apart; where the budget is."""
    with sql.snapshot(of_much=False) as session:
        shown = read(session, campaign_id)
        left = left_over(session, campaign_id)
    me = current_staff()
    return render_template(
        "console/numbers.html",
        campaign=shown["campaign"],
        shown=shown,
        left=left,
        tiles=TILES,
        more=MORE,
        of_batch=OF_BATCH,
        times=[cuts.by_day(shown), cuts.by_hour(shown), cuts.by_weekday(shown), cuts.funnel(shown)],
        places=[cuts.by_place(shown, name) for name in ("store", "area", "category")],
        may_estimate=admits(AUTHOR, me.role),
        may_export=admits(MONEY, me.role),
    )


def read(session: Session, campaign_id: str) -> dict[str, Any]:
    """What the door of statistics answers."""
    told: dict[str, Any] = StatisticsOut().dump(statistics(session, campaign_id))
    return told


@bp.app_template_global("lasts")
def lasts(ms: int) -> str:
    """How long something took, in its two largest units."""
    days, rest = divmod(ms, DAY_MS)
    hours, rest = divmod(rest, HOUR_MS)
    minutes, rest = divmod(rest, MINUTE_MS)
    size = "days" if days else "hours" if hours else "minutes" if minutes else "seconds"
    seconds = rest // 1000 if minutes else round(rest / 1000, 1)
    facts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
    return catalogue.t(f"console.numbers.lasts.{size}", **facts)
