"""The doors of the second factor of staff: enrol, confirm, show it again, take a lost one away.

They take no key, but for the last one: each makes something fresh, and neither a secret nor a session is ever stored
as an answer.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import once, sessions, totp
from app.auth import HELPERS, WARDEN, current_staff, policy
from app.extensions import limiter, settings
from app.fields import Nothing
from app.pages import prints
from campaigns import acts
from campaigns.routes import bp
from campaigns.totp_schemas import TotpEnrolmentOut, TotpIn, TotpOut, TotpProofOut, TotpResetIn, TotpResetOut

PIXELS = 5  # of a module


@bp.route("/totp", methods=["GET"])
@policy(HELPERS)
@bp.response(200, TotpOut)
def show_totp() -> dict[str, Any]:
    """One's own second factor (动态口令)."""
    since = totp.confirmed_at(current_staff().id)
    return {"confirmed_at": since, "required": settings().totp_required}


@bp.route("/totp", methods=["POST"])
@policy(HELPERS)
@bp.arguments(Nothing)
@bp.response(201, TotpEnrolmentOut)
def enrol_totp(_: dict[str, Any]) -> dict[str, Any]:
    """Begin: a fresh secret for one's authenticator, pending until its first code."""
    made = totp.enrol(current_staff())
    return {**made._asdict(), "svg": _drawn(made.uri)}


@bp.route("/totp/confirmations", methods=["POST"])
@policy(HELPERS)
@limiter.limit("30/minute")
@bp.arguments(TotpIn)
@bp.response(201, TotpProofOut)
def confirm_totp(asked: dict[str, str]) -> dict[str, Any]:
    """The first code: from now on every sign-in takes one."""
    return _session(totp.confirm(current_staff().id, asked["code"]))


@bp.route("/totp/proofs", methods=["POST"])
@policy(HELPERS)
@limiter.limit("30/minute")
@bp.arguments(TotpIn)
@bp.response(201, TotpProofOut)
def prove_totp(asked: dict[str, str]) -> dict[str, Any]:
    """Show it again before an approval or a payment: a session that counts as proved for some minutes."""
    return _session(totp.prove(current_staff().id, asked["code"]))


def _drawn(uri: str) -> str:
    """A QR code to put inline in a page: dark on white whatever the page's colours are, no ids, no style."""
    side, shapes = prints.drawn(uri)
    of_pixels = side * PIXELS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{of_pixels}" height="{of_pixels}"'
        f' viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><title>动态口令二维码</title>'
        f"{shapes}</svg>"
    )


def _session(proved_at: int) -> dict[str, Any]:
    token, expires_at = sessions.staff_token(current_staff().id, proved_at=proved_at)
    until = proved_at + settings().totp_minutes * 60_000
    return {"token": token, "expires_at": expires_at, "proof_until": until}


@bp.route("/totp-resets", methods=["POST"])
@policy(WARDEN)
@bp.arguments(TotpResetIn)
@bp.response(200, TotpResetOut)
def reset_totp(asked: dict[str, str]) -> Any:
    """Take a colleague's lost second factor away; nobody does it for oneself."""
    actor = current_staff().id

    def forget(session: Session) -> once.Answer:
        staff_id = totp.forget(session, asked["login"], actor)
        return once.Answer(200, {"staff_id": staff_id, "login": asked["login"]}, staff_id)

    return once.rendered(acts.perform("totp.reset", "", forget, asked["reason"]))
