"""The page that says where vouchers can be spent."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from app.auth import CITIZEN, policy
from app.citizen import store_map, stores
from app.citizen.more_routes import StoresIn
from app.citizen.pages import bp

ON_A_PAGE = 30


@bp.get("/stores")
@policy(CITIZEN)
def show_stores() -> str:
    """A list and a map of it, by area, trade, words, and nearest first where the phone says where it is."""
    asked = _asked()
    wanted = stores.Wanted.of(asked)
    page = stores.find(wanted, asked.get("cursor"), ON_A_PAGE)
    return render_template(
        "citizen/stores.html",
        page=page,
        wanted=wanted,
        dots=store_map.dots(page["items"], wanted.near),
        areas=stores.areas(),
        categories=stores.categories(),
        first="cursor" not in asked,
    )


def _asked() -> dict[str, Any]:
    """What the address asks for; what makes no sense in it is left out, for people edit addresses."""
    schema = StoresIn()
    sent = {name: value for name, value in request.args.items() if name in schema.fields and value.strip()}
    wrong = schema.validate(sent)
    loaded: dict[str, Any] = schema.load({name: value for name, value in sent.items() if name not in wrong})
    return loaded
