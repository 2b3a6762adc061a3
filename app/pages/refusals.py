"""A refusal in front of a person: the way to sign in, or a page with the same code, words and trace id."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, redirect, render_template, request

from app import errors, logs
from app.domain.refusals import Refusal
from app.pages import face, language

SIGN_IN = (Refusal.NOT_SIGNED_IN, Refusal.SESSION_EXPIRED)


def page(refusal: Refusal, facts: dict[str, Any]) -> Response | None:
    """The answer of a page; None where a JSON door was asked."""
    here = face.of(request.path)
    if here is None:
        return None
    if here.actor is not None and refusal in SIGN_IN:
        return _to_sign_in(here)
    if here is face.CITIZEN and refusal is Refusal.NOT_APPLIED:
        return make_response(redirect("/c/apply", 303))
    _, status, headers = errors.rendered(refusal, facts, logs.trace_id())
    headers.pop("Content-Type")
    return make_response(render_template("pages/refusal.html", **about(refusal)), status, headers)


def about(refusal: Refusal) -> dict[str, str]:
    """What a page says of it."""
    return {"code": refusal.code, "message": words(refusal), "trace_id": logs.trace_id()}


def words(refusal: Refusal) -> str:
    """Its sentence in the reader's language."""
    return refusal.zh if language.current() == "zh" else refusal.en


def _to_sign_in(here: face.Face) -> Response:
    asked = request.full_path.rstrip("?") if request.method == "GET" else here.home
    return make_response(redirect(f"{here.login}?{urlencode({'next': asked})}", 303))


def next_page(here: face.Face) -> str:
    """Where somebody who signs in wanted to go: a page of the same set or one that takes its session, else home."""
    asked = request.args.get("next", "")
    inside = asked.startswith(here.home) and "\\" not in asked and asked.isprintable()
    return asked if inside or asked in here.lends else here.home
