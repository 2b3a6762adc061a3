"""The organizer's addresses of targeted lists: parse, call, render."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app import intake, once, queue, sql
from app.auth import ANY_STAFF, AUTHOR, SECOND_PERSON, current_staff, policy
from campaigns import acts, schemas
from campaigns.routes import bp
from campaigns.targets import file, lists
from campaigns.targets.schemas import TargetListOut, TargetListsOut

TEXT = {"schema": {"type": "string"}}


@bp.route("/batches/<batch_id>/target-lists", methods=["POST"])
@policy(AUTHOR)
@intake.takes(file.MEDIA_TYPE, file.MOST_BYTES)
@bp.doc(requestBody={"required": True, "content": {file.MEDIA_TYPE: TEXT}})
@bp.response(202, TargetListOut)
def upload_target_list(batch_id: str) -> Any:
    """Upload a list (CSV, UTF-8): a worker checks it row by row."""
    uploaded = file.opened(request.get_data())
    uploader = current_staff().id
    answer = acts.perform(
        "target_list.upload",
        "",
        lambda session: lists.upload(session, batch_id, uploaded, uploader),
        reason=batch_id,
        content=uploaded.content_bi,
    )
    queue.ring(lists.JOB, answer.body["list_id"])
    return answer.body, 202, once.rendered(answer)[2]


@bp.route("/batches/<batch_id>/target-lists", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, TargetListsOut)
def list_target_lists(batch_id: str) -> dict[str, Any]:
    """The latest hundred lists of a batch."""
    with sql.reading() as session:
        return {"items": lists.of_batch(session, batch_id)}


@bp.route("/target-lists/<list_id>", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, TargetListOut)
def show_target_list(list_id: str) -> dict[str, Any]:
    """State and progress of a list."""
    with sql.reading() as session:
        return lists.shown(session, lists.find(session, list_id))


@bp.route("/target-lists/<list_id>/report", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, TEXT["schema"], content_type=file.MEDIA_TYPE)
def show_target_report(list_id: str) -> Response:
    """Every bad row with its reason, as CSV."""
    with sql.reading() as session:
        body = lists.report(session, list_id)
    name = f'attachment; filename="{list_id}.csv"'
    return Response(body, mimetype=file.MEDIA_TYPE, headers={"Content-Disposition": name})


@bp.route("/target-lists/<list_id>/approvals", methods=["POST"])
@policy(SECOND_PERSON)
@bp.arguments(schemas.ReasonIn)
@bp.response(200, TargetListOut)
def release_target_list(asked: dict[str, str], list_id: str) -> Any:
    """A second person releases a checked list: a worker issues its good rows."""
    actor = current_staff().id
    answer = acts.perform(
        "target_list.release",
        list_id,
        lambda session: lists.release(session, list_id, actor),
        asked["reason"],
    )
    queue.ring(lists.JOB, list_id)
    return once.rendered(answer)
