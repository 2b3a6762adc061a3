"""The front page: where the doors are. The three sets of pages hang here as they are built."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.auth import PUBLIC, policy

bp = Blueprint("front", __name__, template_folder="templates")


@bp.get("/")
@policy(PUBLIC)
def index() -> str:
    """The doors, Chinese first."""
    return render_template("index.html")
