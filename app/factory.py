"""The application, as a table of contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

import campaigns
from app import (
    auth,
    citizen,
    cli,
    clock,
    courtesy,
    docs,
    errors,
    extensions,
    front,
    intake,
    logs,
    metrics,
    models,
    openapi,
    ops,
    overload,
    pages,
    rates,
    sql,
)
from app.config import Settings
from merchant_api import door as tills
from merchant_api import hot_tills
from merchant_api import pages as till_pages


class _Json(DefaultJSONProvider):
    """Chinese is written as Chinese: a third shorter, and as stored answers have it (`once.Answer.text`)."""

    ensure_ascii = False


class _App(Flask):
    """No view of ours is a coroutine, so nobody has to look eight times a request whether one is."""

    json_provider_class = _Json

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """Build the application: plumbing, what no door takes, who is there, what may go wrong, the doors, the commands."""
    app = _App("ankang", static_folder=None)
    logs.init_app(app, settings)
    clock.init_app(app, settings)
    extensions.init_app(app, settings)
    metrics.init_app(app)
    sql.init_app(app)
    overload.init_app(app, settings)
    courtesy.init_app(app, settings)
    rates.init_app(app, settings)
    intake.guard_addresses(app)
    auth.init_app(app)
    intake.guard_bodies(app)
    errors.init_app(app)
    pages.init_app(app)
    for room in (citizen, tills, campaigns):
        extensions.api.register_blueprint(room.bp)
    for page in (ops, openapi, docs, front, citizen.pages, till_pages, campaigns.console):
        app.register_blueprint(page.bp)
    app.extensions["hot_doors"] = [
        citizen.hot_claims.HotClaims(app),
        citizen.hot_displays.HotDisplays(app),
        *hot_tills.doors(app),
    ]
    cli.init_app(app)
    assert models.__all__
    return app
