"""What the three sets of pages share: texts, sessions, headers, looks. The pages are in their actors' rooms."""

from __future__ import annotations

from flask import Flask, Response, request

from app.pages import assets, catalogue, face, formats, language, refusals


def init_app(app: Flask) -> None:
    """Give templates their words and looks, pages their headers, and refusals of pages a page of their own."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=assets.asset,
        t=catalogue.t,
        face=face.current,
        hosts=face.hosts,
        lang=language.current,
        lang_tag=language.tag,
        is_elder=language.is_elder,
        here_with=language.here_with,
        now_ms=formats.now_ms,
    )
    app.jinja_env.filters.update(yuan=formats.yuan, moment=formats.moment, day=formats.day, iso=formats.iso)
    app.after_request(face.strict)
    app.after_request(_remember)
    app.extensions["page_of_refusal"] = refusals.page


def _remember(response: Response) -> Response:
    """What was asked for at a page; the JSON doors speak both languages at once."""
    return language.remember(response) if face.of(request.path) else response
