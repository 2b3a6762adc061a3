"""The organizer's addresses of exports: parse, call, render."""

from __future__ import annotations

from typing import Any

from flask import Response, stream_with_context

from app import once, queue, sql
from app.auth import ANY_STAFF, MONEY, current_staff, policy
from campaigns import acts
from campaigns.exports import files
from campaigns.exports.schemas import ExportIn, ExportOut, ExportsIn, ExportsOut
from campaigns.routes import bp

CSV = "text/csv"


@bp.route("/exports", methods=["POST"])
@policy(MONEY)
@bp.arguments(ExportIn)
@bp.response(202, ExportOut)
def ask_export(asked: dict[str, str]) -> Any:
    """Ask for a file of a campaign's numbers; a worker writes it."""
    asker = current_staff().id
    answer = acts.perform(
        "export.ask",
        "",
        lambda session: files.ask(session, asked["campaign_id"], asked["kind"], asker),
        reason=f"{asked['kind']} {asked['campaign_id']}",
    )
    queue.ring(files.JOB, answer.body["export_id"])
    return answer.body, 202, once.rendered(answer)[2]


@bp.route("/exports", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(ExportsIn, location="query")
@bp.response(200, ExportsOut)
def list_exports(asked: dict[str, Any]) -> dict[str, Any]:
    """The files that were asked for, newest first."""
    only = {"campaign_id": asked["campaign_id"]} if "campaign_id" in asked else {}
    with sql.reading() as session:
        return files.listed(session, asked.get("cursor"), asked["limit"], **only)


@bp.route("/exports/<export_id>", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, ExportOut)
def show_export(export_id: str) -> dict[str, Any]:
    """How far it is; its sums and its SHA-256 when it is done."""
    with sql.reading() as session:
        return files.shown(files.find(session, export_id))


@bp.route("/exports/<export_id>/file", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, {"type": "string"}, content_type=CSV)
def read_export(export_id: str) -> Response:
    """The file (CSV, UTF-8)."""
    parts = stream_with_context(files.content(export_id))
    named = {"Content-Disposition": f'attachment; filename="{export_id}.csv"'}
    return Response(parts, content_type=f"{CSV}; charset=utf-8", headers=named)
