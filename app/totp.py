"""The second factor of staff: six digits of an authenticator app (TOTP, RFC 6238), each good once (ADR 0034).

An attempt is counted as a failure before it is judged, under the lock of the member's row, and forgiven when it was
right: however many come at the same moment, no more than five are judged before the login is locked.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32decode, b32encode
from functools import partial
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import audit_trail, clock, logins, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.models import Staff, StaffTotp

DIGITS, STEP_S, SECRET_BYTES = 6, 30, 20
ISSUER = "Ankang"
DRIFT = (0, -1, 1)  # a phone's clock may be half a minute off, either way
PUT = text(
    "INSERT INTO staff_totp (staff_id, secret, last_step, created_at) VALUES (:staff_id, :secret, 0, :at)"
    " ON CONFLICT (staff_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at"
    " WHERE staff_totp.confirmed_at IS NULL"
)
# Fence: a step is taken once, of the very secret that was looked at.
TAKE_STEP = text(
    "UPDATE staff_totp SET last_step = :step, confirmed_at = COALESCE(confirmed_at, :at)"
    " WHERE staff_id = :staff_id AND secret = :secret AND (confirmed_at IS NULL) = :is_first"
    " AND last_step < :step"
)
FORGET = text("DELETE FROM staff_totp WHERE staff_id = :staff_id")


class Enrolment(NamedTuple):
    """What goes into the authenticator: as a URI to draw, and as text to type (Base32)."""

    uri: str
    secret: str


def sign_in(login: str, password: str, code: str | None) -> tuple[Staff, int | None]:
    """The member of the organizer's staff, and the instant (epoch ms) of the second factor where there is one.

    Raises Refused(LOGIN_WRONG) whatever is wrong, Refused(TOTP_REQUIRED) where only the code is missing.
    """
    staff = logins.known(Staff, login, password)
    if confirmed_at(staff.id) is None:
        sql.write(partial(logins.forgive, of=Staff, staff_id=staff.id))
        return staff, None
    if code is None:
        raise Refused(Refusal.TOTP_REQUIRED, enrolled=True)
    proved_at = sql.write(partial(_judge, staff_id=staff.id, code=code, is_first=False))
    if proved_at is None:
        raise Refused(Refusal.LOGIN_WRONG)
    return staff, proved_at


def confirmed_at(staff_id: str) -> int | None:
    """Since when (epoch ms) this member has a second factor; None where there is none, or it is still pending."""
    with sql.reading() as session:
        return session.scalar(select(StaffTotp.confirmed_at).where(StaffTotp.staff_id == staff_id))


def enrol(staff: Staff) -> Enrolment:
    """A fresh secret, pending until `confirm`; one that was pending is forgotten.

    Raises Refused(WRONG_STATE) where one is confirmed: somebody else has to forget it first.
    """
    key = secrets.token_bytes(SECRET_BYTES)
    shown = b32encode(key).decode()
    sealed = vault().seal(shown, _context(staff.id))

    def put(session: Session) -> None:
        if not sql.changed_one(session, PUT, {"staff_id": staff.id, "secret": sealed, "at": clock.now()}):
            raise Refused(Refusal.WRONG_STATE)
        audit_trail.done(session, staff.id, "totp.enrol", staff.id)

    sql.write(put)
    return Enrolment(
        TOTP(key, DIGITS, SHA1(), STEP_S).get_provisioning_uri(staff.login, ISSUER),  # noqa: S303 RFC 6238
        shown,
    )


def confirm(staff_id: str, code: str) -> int:
    """The first code of a pending secret: it holds from this instant (epoch ms) on. Raises Refused(TOTP_WRONG)."""
    return _proved(staff_id, code, is_first=True)


def prove(staff_id: str, code: str) -> int:
    """A code of a confirmed secret; the instant (epoch ms) of the proof. Raises Refused(TOTP_WRONG)."""
    return _proved(staff_id, code, is_first=False)


def forget(session: Session, login: str, actor_id: str) -> str:
    """Somebody else takes a lost second factor away; returns whose.

    Raises Refused(STAFF_NOT_FOUND), Refused(SELF_APPROVAL) for one's own, Refused(WRONG_STATE) where there is none.
    """
    staff_id = session.scalar(select(Staff.id).where(Staff.login == login))
    if staff_id is None:
        raise Refused(Refusal.STAFF_NOT_FOUND)
    if staff_id == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    if not sql.changed_one(session, FORGET, {"staff_id": staff_id}):
        raise Refused(Refusal.WRONG_STATE)
    return staff_id


def _proved(staff_id: str, code: str, is_first: bool) -> int:
    proved_at = sql.write(partial(_judge, staff_id=staff_id, code=code, is_first=is_first))
    if proved_at is None:
        action = "totp.confirm" if is_first else "totp.prove"
        audit_trail.refused(staff_id, action, staff_id, Refusal.TOTP_WRONG)
        raise Refused(Refusal.TOTP_WRONG)
    return proved_at


def _judge(session: Session, staff_id: str, code: str, is_first: bool) -> int | None:
    """None is an answer, not an error: the failure that was counted has to stay."""
    if not logins.count(session, Staff, staff_id):
        return None
    kept = session.get(StaffTotp, staff_id)
    step = _step_of(kept, code) if kept else None
    if kept is None or step is None:
        return None
    at = clock.now()
    taken = {"staff_id": staff_id, "secret": kept.secret, "is_first": is_first, "step": step, "at": at}
    if not sql.changed_one(session, TAKE_STEP, taken):
        return None
    logins.forgive(session, Staff, staff_id)
    if is_first:
        audit_trail.done(session, staff_id, "totp.confirm", staff_id)
    return at


def _step_of(kept: StaffTotp, code: str) -> int | None:
    """The step around now whose code this is."""
    codes = HOTP(b32decode(vault().open(kept.secret, _context(kept.staff_id))), DIGITS, SHA1())  # noqa: S303
    now = clock.now() // (STEP_S * 1000)
    steps = [now + drift for drift in DRIFT]
    return next((step for step in steps if hmac.compare_digest(codes.generate(step), code.encode())), None)


def _context(staff_id: str) -> str:
    return f"staff_totp.secret|{staff_id}"
