"""The web till's pages, `/till/`: signing in as a member of a merchant's staff, home."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import logins, sessions, sql
from app.auth import ANY_MERCHANT_STAFF, PUBLIC, current_merchant_staff, policy
from app.extensions import limiter
from app.merchants import office, shapes
from app.models import MerchantStaff
from app.pages import entrance, face
from app.pages.forms import takes_form

bp = Blueprint("till_pages", __name__, url_prefix=face.TILL.prefix)


@bp.get("/")
@policy(ANY_MERCHANT_STAFF)
def home() -> str:
    """What a cashier sees first."""
    with sql.reading() as session:
        return render_template("till/home.html", me=office.about(session, current_merchant_staff()))


@bp.get("/login")
@policy(PUBLIC)
def show_login() -> str:
    """Login and password."""
    return entrance.show(face.TILL)


@bp.post("/login")
@policy(PUBLIC)
@limiter.limit("30/minute")
@takes_form
def login() -> ResponseReturnValue:
    """Sign in."""
    return entrance.enter(face.TILL, shapes.SignInIn, _session)


def _session(asked: dict[str, Any]) -> tuple[str, int]:
    member = logins.sign_in(MerchantStaff, asked["login"], asked["password"])
    return sessions.staff_token(member.id, "merchant_staff")


@bp.post("/logout")
@policy(PUBLIC)
@takes_form
def logout() -> ResponseReturnValue:
    """End the session in this browser."""
    return entrance.leave(face.TILL)
