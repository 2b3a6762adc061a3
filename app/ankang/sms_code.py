"""One-time SMS codes: six digits, five minutes, five tries, one a minute per phone."""

from __future__ import annotations

from secrets import randbelow

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.apply import phone_index
from app.domain.refusals import Refusal, Refused
from app.extensions import sms, vault

LIFE_MS = 300_000
PAUSE_MS = 60_000
MAX_TRIES = 5
ISSUE = text(
    "INSERT INTO otp (phone_bi, code_bi, sent_at, expires_at, tries) VALUES (:phone, :code, :now, :expires, 0)"
    " ON CONFLICT (phone_bi) DO UPDATE SET code_bi = excluded.code_bi, sent_at = excluded.sent_at,"
    " expires_at = excluded.expires_at, tries = 0 WHERE otp.sent_at <= excluded.sent_at - :pause RETURNING sent_at"
)
TRY = text(
    "UPDATE otp SET tries = tries + 1 WHERE phone_bi = :phone AND tries < :max_tries AND expires_at > :now"
    " RETURNING code_bi"
)
SPEND = text("DELETE FROM otp WHERE phone_bi = :phone AND code_bi = :code RETURNING phone_bi")


def send(phone: str) -> int:
    """Send a fresh code; returns when it expires (epoch ms). Raises Refused(OTP_TOO_SOON)."""
    code, now = f"{randbelow(10**6):06d}", clock.now()
    values = {"phone": phone_index(phone), "code": _sealed(phone, code), "now": now, "expires": now + LIFE_MS}

    def issue(session: Session) -> bool:
        return session.execute(ISSUE, {**values, "pause": PAUSE_MS}).first() is not None

    if not sql.write(issue):
        raise Refused(Refusal.OTP_TOO_SOON, retry_after_ms=PAUSE_MS)
    sms().send(phone, f"【安康码】验证码 {code}，5 分钟内有效，请勿告诉他人。", code)
    return now + LIFE_MS


def check(phone: str, code: str) -> None:
    """Spend the code. Raises Refused(SMS_CODE_WRONG), alike for a wrong, an old, a spent and an unknown one."""

    def spend(session: Session) -> bool:
        values = {
            "phone": phone_index(phone),
            "max_tries": MAX_TRIES,
            "now": clock.now(),
            "code": _sealed(phone, code),
        }
        row = session.execute(TRY, values).one_or_none()
        return row is not None and session.execute(SPEND, values).first() is not None

    if not sql.write(spend):
        raise Refused(Refusal.SMS_CODE_WRONG)


def _sealed(phone: str, code: str) -> str:
    return vault().blind_index("otp", f"{phone}|{code}")
