"""The front page: where each actor enters. And the files that browsers load beside a page."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from app.auth import PUBLIC, policy
from app.pages import assets

bp = Blueprint("front", __name__, template_folder="templates")
FOR_EVER = "public, max-age=31536000, immutable"
WORKER = (
    "till/sw.js"  # the till's service worker: it answers for the pages of the till, not for files beside it
)


@bp.get("/")
@policy(PUBLIC)
def index() -> str:
    """Three entries, Chinese first."""
    return render_template("index.html")


@bp.get("/static/<version>/<path:name>")
@policy(PUBLIC)
def show_asset(version: str, name: str) -> Response:
    """A script, a style, a picture or the texts of scripts. A page of an older version gets the newest file, unkept."""
    found = assets.file(name)
    is_squeezed = found.squeezed is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(found.squeezed if is_squeezed else found.content, content_type=found.media_type)
    response.headers["Cache-Control"] = FOR_EVER if version == assets.digest() else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Vary"] = "Accept-Encoding"
    if name == WORKER:
        response.headers["Service-Worker-Allowed"] = "/till/"
    if is_squeezed:
        response.headers["Content-Encoding"] = "gzip"
    return response
