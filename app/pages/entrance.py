"""Signing in and out of a set of pages: the session that the JSON door would give, kept in the set's cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from app import errors
from app.domain.refusals import Refused
from app.pages import cookies, refusals
from app.pages.face import Face
from app.pages.forms import filled


def show(here: Face) -> str:
    """The form of `templates/SET/login.html`."""
    return render_template(f"{here.name}/login.html", wrong=(), said=None)


def enter(
    here: Face, schema: type[Schema], session_of: Callable[[dict[str, Any]], tuple[str, int]]
) -> ResponseReturnValue:
    """Sign in by what the JSON door's schema takes; `session_of` it gives a token and its end, or raises Refused."""
    asked, wrong = filled(schema)
    if wrong:
        return render_template(f"{here.name}/login.html", wrong=wrong, said=None), 400
    try:
        token, expires_at = session_of(asked)
    except Refused as refused:
        said = refusals.words(refused.refusal)
        status = errors.status_of(refused.refusal)
        return render_template(f"{here.name}/login.html", wrong=(), said=said), status
    return opened(here, token, expires_at, refusals.next_page(here))


def opened(here: Face, token: str, expires_at: int, to: str) -> ResponseReturnValue:
    """Keep the session and go on to a page."""
    assert here.actor is not None
    response = make_response(redirect(to, 303))
    cookies.keep(response, here.actor, token, expires_at)
    return response


def leave(here: Face) -> ResponseReturnValue:
    """End the session in this browser. Raises Refused(CROSS_SITE)."""
    assert here.actor is not None
    cookies.refuse_other_sites()
    response = make_response(redirect(here.login, 303))
    cookies.forget(response, here.actor)
    return response
