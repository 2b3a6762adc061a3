"""One's own second factor: set up with a QR code, and shown again before an approval or a payment.

These are plain forms, so that neither a secret nor a session is ever in the hands of a script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from app import errors, sessions, totp
from app.auth import HELPERS, current_staff, policy
from app.domain.refusals import Refused
from app.extensions import limiter, settings
from app.pages import catalogue, cookies, entrance, face, prints, refusals
from app.pages.forms import filled, takes_form
from campaigns.console.frame import bp
from campaigns.totp_schemas import TotpIn


@bp.get("/factor")
@policy(HELPERS)
def show_factor() -> str:
    """Whether there is one, and how to get one."""
    since, asked = totp.confirmed_at(current_staff().id), settings()
    return render_template(
        "console/factor.html", since=since, minutes=asked.totp_minutes, is_required=asked.totp_required
    )


@bp.post("/factor")
@policy(HELPERS)
@takes_form
def begin_factor() -> str:
    """A fresh secret as a QR code; sent twice, the later one counts."""
    cookies.refuse_other_sites()
    made = totp.enrol(current_staff())
    return _enrolment(made=made, qr=prints.qr(made.uri))


@bp.post("/factor/confirmations")
@policy(HELPERS)
@limiter.limit("30/minute")
@takes_form
def finish_factor() -> ResponseReturnValue:
    """The first code: from now on it holds."""
    return _judged(totp.confirm, _enrolment, f"{face.CONSOLE.home}factor")


@bp.get("/proof")
@policy(HELPERS)
def show_proof() -> str:
    """Where the code is asked for without a script."""
    return _proof()


@bp.post("/proof")
@policy(HELPERS)
@limiter.limit("30/minute")
@takes_form
def prove_factor() -> ResponseReturnValue:
    """A session that counts as proved for some minutes, in this browser's cookie."""
    return _judged(totp.prove, _proof, refusals.next_page(face.CONSOLE))


def _judged(judge: Callable[[str, str], int], page: Callable[..., str], to: str) -> ResponseReturnValue:
    asked, wrong = filled(TotpIn)
    if wrong:
        return page(said=catalogue.t("console.proof.digits")), 400
    staff_id = current_staff().id
    try:
        token, expires_at = sessions.staff_token(staff_id, proved_at=judge(staff_id, asked["code"]))
    except Refused as refused:
        return page(said=refusals.words(refused.refusal)), errors.status_of(refused.refusal)
    return entrance.opened(face.CONSOLE, token, expires_at, to)


def _enrolment(**more: Any) -> str:
    return render_template("console/enrolment.html", **more)


def _proof(**more: Any) -> str:
    return render_template("console/proof.html", **more)
