"""Tokens of sessions: made at a login, opened at every request, kept by whoever signs in."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import Any, Literal, cast

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from app import clock
from app.domain.refusals import Refusal, Refused
from app.extensions import settings, vault

StaffOf = Literal["staff", "merchant_staff"]
Purpose = Literal["citizen", "staff", "merchant_staff"]
LIFE_S: dict[Purpose, int] = {"citizen": 30 * 86_400, "staff": 12 * 3_600, "merchant_staff": 12 * 3_600}


class _Clocked(TimestampSigner):
    """Signs with the platform's clock, so tests that move it see sessions expire."""

    def get_timestamp(self) -> int:
        return clock.now() // 1000


def _serializer(purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt=f"ankang/{purpose}/v1", signer=_Clocked)


def phone_token(phone: str) -> tuple[str, int]:
    """A session of a proved phone behind which nobody has applied yet, and when it ends. The phone inside is sealed."""
    content = {"p": vault().seal(phone, "session.phone").hex()}
    token = _serializer("citizen").dumps(content)
    return str(token), clock.now() + LIFE_S["citizen"] * 1000


def citizen_token(citizen_id: str, begins_at: int) -> tuple[str, int]:
    """A session of this citizen from an instant on, and when it ends (epoch ms). SQL need not be asked whose it is."""
    ends_s = begins_at // 1000 + LIFE_S["citizen"]
    signed = f"{citizen_id}.{ends_s}"
    return f"{signed}.{_session_mac(settings().secret_key, signed.encode()).decode()}", ends_s * 1000


def citizen_of(token: bytes, key: bytes, now_ms: int) -> str | None:
    """The citizen of a `citizen_token`, None for any other token. Raises Refused(NOT_SIGNED_IN, SESSION_EXPIRED)."""
    if not token.startswith(b"ctz_"):
        return None
    signed, _, mac = token.rpartition(b".")
    if not hmac.compare_digest(_session_mac(key, signed), mac):
        raise Refused(Refusal.NOT_SIGNED_IN)
    citizen_id, _, ends_s = signed.partition(b".")
    if now_ms >= int(ends_s) * 1000:
        raise Refused(Refusal.SESSION_EXPIRED)
    return citizen_id.decode()


def _session_mac(key: bytes, signed: bytes) -> bytes:
    keyed = _session_key(key).copy()
    keyed.update(signed)
    return keyed.hexdigest()[:32].encode()


@lru_cache(2)
def _session_key(key: bytes) -> hmac.HMAC:
    """The key and the purpose, digested: every claim asks for this, and the key is half of its work."""
    return hmac.new(key, b"citizen-session|", "sha256")


def staff_token(staff_id: str, of: StaffOf = "staff", proved_at: int | None = None) -> tuple[str, int]:
    """A session of a member of the organizer's or a merchant's staff, and when it ends (epoch ms).

    `proved_at` is when (epoch ms) the second factor was shown, None where it was not.
    """
    content = {"s": staff_id} if proved_at is None else {"s": staff_id, "t": proved_at}
    return str(_serializer(of).dumps(content)), clock.now() + LIFE_S[of] * 1000


def opened(token: str, purpose: Purpose) -> dict[str, Any]:
    """What a token of this purpose holds. Raises Refused(NOT_SIGNED_IN, SESSION_EXPIRED)."""
    try:
        return cast("dict[str, Any]", _serializer(purpose).loads(token, max_age=LIFE_S[purpose]))
    except SignatureExpired as error:
        raise Refused(Refusal.SESSION_EXPIRED) from error
    except BadSignature as error:
        raise Refused(Refusal.NOT_SIGNED_IN) from error
