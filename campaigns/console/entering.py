"""Signing in to the console as a member of the organizer's staff, and out."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from app import sessions, totp
from app.auth import PUBLIC, policy
from app.extensions import limiter
from app.pages import entrance, face
from app.pages.forms import takes_form
from campaigns import totp_schemas
from campaigns.console.frame import bp


@bp.get("/login")
@policy(PUBLIC)
def show_login() -> str:
    """Login and password."""
    return entrance.show(face.CONSOLE)


@bp.post("/login")
@policy(PUBLIC)
@limiter.limit("30/minute")
@takes_form
def login() -> ResponseReturnValue:
    """Sign in."""
    return entrance.enter(face.CONSOLE, totp_schemas.StaffSignInIn, _session)


def _session(asked: dict[str, Any]) -> tuple[str, int]:
    staff, proved_at = totp.sign_in(asked["login"], asked["password"], asked.get("totp"))
    return sessions.staff_token(staff.id, proved_at=proved_at)


@bp.post("/logout")
@policy(PUBLIC)
@takes_form
def logout() -> ResponseReturnValue:
    """End the session in this browser."""
    return entrance.leave(face.CONSOLE)
