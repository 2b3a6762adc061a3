"""The secret behind a terminal key: derived from the platform's key, stored nowhere."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache
from secrets import token_hex

from app.extensions import settings


def new_key_id(is_test: bool) -> str:
    """`test_…` or `live_…`: whoever sees the name of a key sees what it opens."""
    return f"{'test' if is_test else 'live'}_{token_hex(12)}"


def secret_of(key_id: str) -> str:
    """The secret of a key id (HKDF-Expand, RFC 5869, one block). Only who may see the secret may call this."""
    return secret_under(settings().secret_key, key_id)


@lru_cache(10_000)
def secret_under(platform_key: bytes, key_id: str) -> str:
    """`secret_of` under this key of the platform, for who answers outside the application's context."""
    derived = hmac.digest(platform_key, f"terminal-key|{key_id}".encode() + b"\x01", "sha256")
    return urlsafe_b64encode(derived).decode().rstrip("=")
