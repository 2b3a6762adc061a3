"""What a member of the organizer's staff sees first."""

from __future__ import annotations

from flask import render_template

from app.auth import HELPERS, policy
from campaigns.console.frame import bp


@bp.get("/")
@policy(HELPERS)
def home() -> str:
    """The campaigns at a glance."""
    return render_template("console/home.html")
