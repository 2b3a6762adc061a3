"""What goes back to the treasury: asked for by one person, decided by another; and what is left over, and why."""

from __future__ import annotations

from flask import render_template

from app import clock, sql
from app.auth import ANY_STAFF, current_staff, policy
from app.domain.campaign import ENDED
from campaigns import books, manage, naming, returns
from campaigns.console import money
from campaigns.console.frame import bp


@bp.get("/returns")
@policy(ANY_STAFF)
def list_returns() -> str:
    """The requests of all campaigns, and which campaigns are over."""
    with sql.reading() as session:
        found = returns.page(session, money.cursor(), money.PAGE)
        names = money.called(session, found["items"])
        campaigns = [each for each in naming.latest_campaigns(session) if each["state"] in ENDED]
    return render_template(
        "console/returns.html", **found, names=names, campaigns=campaigns, is_first=money.cursor() is None
    )


@bp.get("/campaigns/<campaign_id>/returns")
@policy(ANY_STAFF)
def show_campaign_returns(campaign_id: str) -> str:
    """What the budget still holds, what of it may go back now, and what became of the requests."""
    with sql.snapshot() as session:
        campaign = manage.find_campaign(session, campaign_id)
        left = books.left_over(session, campaign_id)
        returnable = returns.returnable(session, campaign, clock.database_now(session))
        items = returns.of_campaign(session, campaign_id)[::-1]
        names = money.called(session, items)
    return render_template(
        "console/campaign_returns.html",
        campaign=campaign,
        left=left,
        kept_fen=sum(line["amount_fen"] for line in left["lines"]),
        returnable=returnable,
        returnable_fen=sum(returnable.values()),
        items=items,
        names=names,
        may=money.may(),
        my_id=current_staff().id,
        is_over=campaign.state in ENDED,
        is_asked=any(item["state"] == "requested" for item in items),
    )
