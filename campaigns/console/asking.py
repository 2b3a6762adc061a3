"""What the address of a page asks for: filters and the cursor."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema


def asked(schema: type[Schema]) -> dict[str, Any]:
    """By the schema of the JSON door; what makes no sense in it is left out, for people edit addresses."""
    form = schema()
    sent = {name: value for name, value in request.args.items() if name in form.fields and value.strip()}
    wrong = form.validate(sent)
    loaded: dict[str, Any] = form.load({name: value for name, value in sent.items() if name not in wrong})
    return loaded
