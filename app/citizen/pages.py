"""The citizens' pages, `/c/`: signing in with a phone, applying for the code."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app import auth, clock, once, sessions
from app.ankang import apply, sms_code
from app.auth import PHONE, PUBLIC, current_phone, policy
from app.citizen import schemas
from app.domain.refusals import Refusal, Refused
from app.extensions import limiter, settings
from app.pages import entrance, face, refusals
from app.pages.forms import filled, takes_form

bp = Blueprint("citizen_pages", __name__, url_prefix=face.CITIZEN.prefix)
APPLY = "/api/v1/ankang-code"  # the same write as the JSON door's


@bp.get("/login")
@policy(PUBLIC)
def show_login() -> str:
    """The phone's number, then the code that was sent to it."""
    return _login()


@bp.post("/login")
@policy(PUBLIC)
@limiter.limit("20/minute;100/hour")
@limiter.limit("10/minute;60/hour", exempt_when=lambda: not _asks_for_code())
@takes_form
def login() -> ResponseReturnValue:
    """Send a code, or sign in with it."""
    if _asks_for_code():
        return _send_code()
    asked, wrong = filled(schemas.SessionIn)
    if wrong:
        return _login(wrong=wrong), 400
    try:
        sms_code.check(asked["phone"], asked["sms_code"])
    except Refused as refused:
        return _login(refusal=refused.refusal, is_sent=True), 401
    return _signed_in(asked["phone"])


def _asks_for_code() -> bool:
    return request.form.get("act") == "send"


def _send_code() -> ResponseReturnValue:
    asked, wrong = filled(schemas.OtpIn)
    if wrong:
        return _login(wrong=wrong), 400
    try:
        sms_code.send(asked["phone"])
    except Refused as refused:
        return _login(refusal=refused.refusal, is_sent=True), 429
    return _login(is_sent=True)


def _signed_in(phone: str) -> ResponseReturnValue:
    token, expires_at, _ = auth.phone_session(phone)
    return entrance.opened(face.CITIZEN, token, expires_at, refusals.next_page(face.CITIZEN))


def _login(wrong: Any = (), refusal: Refusal | None = None, is_sent: bool = False) -> str:
    said = refusals.words(refusal) if refusal else None
    return render_template(
        "citizen/login.html", wrong=wrong, said=said, is_sent=is_sent, sms_file=_sms_file()
    )


def _sms_file() -> str | None:
    """Where the demo's messages are, as far as everybody may know it; nobody is sent a real one."""
    kind, _, path = settings().sms_sink.partition(":")
    return "/".join(Path(path).parts[-2:]) if settings().profile == "demo" and kind == "file" else None


@bp.get("/apply")
@policy(PHONE)
def show_application() -> ResponseReturnValue:
    """Name and ID number, once in a lifetime: who has a code already is led home."""
    if apply.find_by_phone(current_phone()) is not None:
        return redirect(face.CITIZEN.home, 303)
    return _application(token_hex(12))


@bp.post("/apply")
@policy(PHONE)
@takes_form
def send_application() -> ResponseReturnValue:
    """Apply; the form carries the key, so a form that is sent twice applies once."""
    asked, wrong = filled(schemas.ApplicationIn)
    if request.form.get("consent") != "yes":
        wrong = {*wrong, "consent"}
    key = request.form.get("key", "")
    if not once.KEY.fullmatch(key):
        raise Refused(Refusal.KEY_INVALID)
    if wrong:
        return _application(key, wrong=wrong), 400
    write = once.Write(auth.phone_caller(), "apply", key, once.request_hash(APPLY, asked))
    try:
        answer = once.final(
            apply.apply(apply.Applicant(asked["name"], asked["id_number"], current_phone()), write)
        )
    except Refused as refused:
        return _application(token_hex(12), refusal=refused.refusal), 409
    token, expires_at = sessions.citizen_token(answer.body["citizen_id"], clock.now())
    return entrance.opened(face.CITIZEN, token, expires_at, face.CITIZEN.home)


def _application(key: str, wrong: Any = (), refusal: Refusal | None = None) -> str:
    said = refusals.words(refusal) if refusal else None
    return render_template("citizen/apply.html", key=key, wrong=wrong, said=said)


@bp.post("/logout")
@policy(PUBLIC)
@takes_form
def logout() -> ResponseReturnValue:
    """End the session in this browser."""
    return entrance.leave(face.CITIZEN)
