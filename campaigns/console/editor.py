"""The editor of campaigns and batches: it writes by the JSON doors and shows by `batch-previews` what comes of it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from app import sql
from app.auth import AUTHOR, policy
from app.domain.goods import GOODS
from app.domain.refusals import Refusal, Refused
from app.domain.rule import DAYS
from app.pages import face, language
from campaigns import listing, manage
from campaigns.console.frame import bp

LIMITS = ("person_limit", "person_day_limit")
CAPS = ("daily_budget_fen", *manage.DAY_CAPS)


@bp.get("/campaigns/new")
@policy(AUTHOR)
def new_campaign() -> str:
    """An empty form."""
    return _campaign_form(None)


@bp.get("/campaigns/<campaign_id>/edit")
@policy(AUTHOR)
def edit_campaign(campaign_id: str) -> ResponseReturnValue:
    """A draft's name, budget and limits."""
    campaign = _campaign(campaign_id)
    return _campaign_form(campaign) if campaign["state"] == "draft" else _to(campaign_id)


@bp.get("/campaigns/<campaign_id>/batches/new")
@policy(AUTHOR)
def new_batch(campaign_id: str) -> ResponseReturnValue:
    """A batch of a draft."""
    campaign = _campaign(campaign_id)
    return _batch_form(campaign, None) if campaign["state"] == "draft" else _to(campaign_id)


@bp.get("/campaigns/<campaign_id>/batches/<batch_id>/edit")
@policy(AUTHOR)
def edit_batch(campaign_id: str, batch_id: str) -> ResponseReturnValue:
    """Anything of a draft's batch."""
    campaign = _campaign(campaign_id)
    batch = next((one for one in campaign["batches"] if one["batch_id"] == batch_id), None)
    if batch is None:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    return _batch_form(campaign, batch) if campaign["state"] == "draft" else _to(campaign_id)


def _campaign(campaign_id: str) -> dict[str, Any]:
    with sql.reading() as session:
        return manage.shown(session, manage.find_campaign(session, campaign_id))


def _to(campaign_id: str) -> ResponseReturnValue:
    """What is no draft is not edited: its page says what can still be done."""
    return redirect(f"{face.CONSOLE.home}campaigns/{campaign_id}", 303)


def _campaign_form(campaign: dict[str, Any] | None) -> str:
    return render_template("console/campaign_form.html", campaign=campaign, limits=LIMITS, caps=CAPS)


def _batch_form(campaign: dict[str, Any], batch: dict[str, Any] | None) -> str:
    with sql.reading() as session:
        places = listing.places(session)
        value_name = listing.value_name(session, batch["batch_id"]) if batch else None
    lang = language.current()
    return render_template(
        "console/batch_form.html",
        campaign=campaign,
        batch=batch,
        value_name=value_name,
        goods=[(kind, words[lang]) for kind, words in GOODS.items()],
        days=[(number, day[lang == "en"]) for number, day in enumerate(DAYS, 1)],
        merchants=places["merchants"],
        **{name: [(one, one) for one in places[name]] for name in ("areas", "categories")},
    )
