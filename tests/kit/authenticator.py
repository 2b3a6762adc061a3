"""An authenticator app: RFC 6238 from the standard library, as a phone has it."""

from __future__ import annotations

import hmac
from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

STEP_MS = 30_000


def code(secret: str, at_ms: int) -> str:
    """The six digits of an instant (epoch ms)."""
    digest = hmac.digest(b32decode(secret), (at_ms // STEP_MS).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def wrong(secret: str, at_ms: int) -> str:
    """Six digits that are no code of this minute or its neighbours."""
    near = {code(secret, at_ms + steps * STEP_MS) for steps in range(-3, 4)}
    return next(digits for digits in (f"{n:06d}" for n in range(8)) if digits not in near)


def read(uri: str) -> str:
    """The secret in what the QR code says; asserts that every authenticator understands it."""
    parts, asked = urlsplit(uri), parse_qs(urlsplit(uri).query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert (asked["digits"], asked["period"], asked["algorithm"]) == (["6"], ["30"], ["SHA1"])
    return asked["secret"][0]
