"""The organizer's doors for working on a draft: how a batch would be, and a campaign made after another one."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.auth import AUTHOR, current_staff, policy
from app.fields import Nothing
from campaigns import acts, clones, previews
from campaigns.draft_schemas import BatchPreviewIn, BatchPreviewOut
from campaigns.routes import bp
from campaigns.schemas import CampaignOut


@bp.route("/batch-previews", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(BatchPreviewIn)
@bp.response(200, BatchPreviewOut)
def preview_batch(asked: dict[str, Any]) -> dict[str, Any]:
    """How a batch would be: its rule, examples, faults. Changes nothing."""
    with sql.reading() as session:
        return previews.preview(session, asked)


@bp.route("/campaigns/<campaign_id>/clones", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(Nothing)
@bp.response(201, CampaignOut)
def clone_campaign(_: dict[str, Any], campaign_id: str) -> Any:
    """A draft with the terms of this campaign and later dates, to be looked through before it is submitted."""
    author = current_staff().id
    # in the trail it is an act on the draft, the reason being what it was made after
    answer = acts.perform(
        "campaign.clone", "", lambda session: clones.clone(session, campaign_id, author), campaign_id
    )
    return once.rendered(answer)
