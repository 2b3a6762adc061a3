"""Forms that work without a script: checked by the same schemas as the JSON doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from marshmallow import Schema, ValidationError

from app import intake
from app.pages import cookies

F = TypeVar("F", bound=Callable[..., Any])
MOST_BYTES = 8 * 1024


def takes_form(view: F) -> F:
    """Let a view have a filled form instead of JSON."""
    return intake.takes("application/x-www-form-urlencoded", MOST_BYTES)(view)


def filled(schema: type[Schema]) -> tuple[dict[str, Any], set[str]]:
    """What was filled in, checked, and the names of the fields that are wrong. Raises Refused(CROSS_SITE)."""
    cookies.refuse_other_sites()
    form = schema()
    typed = {name: request.form[name].strip() for name in form.fields if name in request.form}
    sent = {name: content for name, content in typed.items() if content or form.fields[name].required}
    try:
        return form.load(sent), set()
    except ValidationError as error:
        return sent, set(error.messages)
