"""A batch's targeted lists: uploaded, checked row by row, released by a second person."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from app import sql
from app.auth import ANY_STAFF, AUTHOR, SECOND_PERSON, admits, current_staff, policy
from app.domain.refusals import Refusal
from app.domain.target_row import SENTENCES
from app.models import Staff
from app.pages import language
from campaigns import manage, naming
from campaigns.console.frame import bp
from campaigns.targets import lists

AT_WORK = ("checking", "released")


@bp.get("/batches/<batch_id>/lists")
@policy(ANY_STAFF)
def show_lists(batch_id: str) -> str:
    """The latest ones with progress and what is wrong with their rows."""
    me = current_staff()
    with sql.reading() as session:
        batch = manage.find_batch(session, batch_id)
        campaign = manage.find_campaign(session, batch.campaign_id)
        found = lists.of_batch(session, batch_id)
        people = _people(session, found)
    return render_template(
        "console/lists.html",
        batch=batch,
        campaign=campaign,
        lists=[_with_reasons(one) for one in found],
        people=people,
        at_work=AT_WORK,
        me_id=me.id,
        may_upload=admits(AUTHOR, me.role) and campaign.state not in ("closed", "settled"),
        may_release=admits(SECOND_PERSON, me.role) and campaign.state == "approved",
    )


def _people(session: Session, found: list[dict[str, Any]]) -> dict[str, str]:
    ids = {one[name] for one in found for name in ("uploader_id", "approver_id")}
    return naming.names(session, Staff, ids)


def _with_reasons(one: dict[str, Any]) -> dict[str, Any]:
    reasons = [(_words(code), times) for code, times in one["refused"].items()]
    return {**one, "reasons": reasons, "bad": sum(one["refused"].values())}


def _words(code: str) -> str:
    """Why a row gets no voucher, in the reader's language; what only the issue finds has the words of its refusal."""
    refusal = None if code in SENTENCES else Refusal.of(code)
    zh, en = SENTENCES[code] if refusal is None else (refusal.zh, refusal.en)
    return zh if language.current() == "zh" else en
