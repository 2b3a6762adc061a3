"""The pages for who builds on the doors: calls, errors, the till's guide. No script, nothing from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from app import errors, openapi
from app.auth import PUBLIC, policy
from app.docs import calls, catalogue, changes
from app.extensions import settings
from app.vouchers import holds

HERE = Path(__file__).parent
VECTORS = HERE / "signature-vectors.json"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

bp = Blueprint("docs", __name__, template_folder="templates")


@bp.after_request
def _strict(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


@bp.get("/docs")
@policy(PUBLIC)
def show_calls() -> str:
    """Every call of every door, written from the OpenAPI description."""
    return _page("calls", doors=lambda: calls.doors(openapi.description()))


@bp.get(errors.ERRORS_PAGE)
@policy(PUBLIC)
def show_errors() -> str:
    """Every refusal: what it means, what the cashier does, whether the same key may be repeated."""
    return _page("errors", entries=catalogue.entries)


@bp.get("/docs/pos")
@policy(PUBLIC)
def show_guide() -> str:
    """The guide for who builds a till."""
    return _page(
        "pos",
        kinds=catalogue.at_the_till,
        vectors=lambda: json.loads(VECTORS.read_text(encoding="utf-8")),
        changes=changes.log,
        settings=settings,
        holds=lambda: holds,
    )


@bp.get("/docs/signature-vectors.json")
@policy(PUBLIC)
def show_vectors() -> Response:
    """Test vectors of both signature profiles."""
    return Response(VECTORS.read_bytes(), content_type="application/json")


@bp.get("/docs/style.css")
@policy(PUBLIC)
def show_style() -> Response:
    """How the pages look."""
    return Response((HERE / "style.css").read_bytes(), content_type="text/css; charset=utf-8")


def _page(name: str, **made: Any) -> str:
    """A page, made once in each process: it says the same to everybody."""
    pages: dict[str, str] = current_app.extensions.setdefault("docs", {})
    if name not in pages:
        pages[name] = render_template(f"docs/{name}.html", **{word: make() for word, make in made.items()})
    return pages[name]
