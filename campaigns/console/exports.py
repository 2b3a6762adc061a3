"""Exports: ask for a file of a campaign's numbers, see how far it is, take it with its SHA-256."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, policy
from campaigns import naming
from campaigns.console import money
from campaigns.console.frame import bp
from campaigns.exports import files
from campaigns.exports.rows import HEAD


@bp.get("/exports")
@policy(ANY_STAFF)
def list_exports() -> str:
    """What was asked for, newest first, and where one asks."""
    with sql.reading() as session:
        found = files.listed(session, money.cursor(), money.PAGE)
        names = money.called(session, found["items"])
        campaigns = naming.latest_campaigns(session)
    return render_template(
        "console/exports.html",
        **found,
        names=names,
        campaigns=campaigns,
        kinds=tuple(HEAD),
        may=money.may(),
        is_first=money.cursor() is None,
    )
