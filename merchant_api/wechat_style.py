"""The second signature profile: one `Authorization` header in the manner of WeChat Pay v3 (ADR 0019).

    Authorization: ANKANG-HMAC-SHA256 mchid="mer_…",nonce_str="…",timestamp="1790820000",serial_no="live_…",
        signature="Base64 of HMAC-SHA256"

Signed are WeChat Pay's five lines (method, path with query, timestamp, nonce, body) and two of ours (Idempotency-Key,
host), so that it covers what the profile of RFC 9421 covers. Each line ends in a line feed, an absent one is empty.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import NamedTuple

from flask import Request

from app.domain.refusals import Refusal, Refused
from app.terminal_keys import secret_of
from merchant_api import wire

SCHEME = "ANKANG-HMAC-SHA256"
FIELDS = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}
FIELD = re.compile(r'([a-z_]+)="([^"]*)"')
LIST = re.compile(r'[a-z_]+="[^"]*"(?:, ?[a-z_]+="[^"]*")*')


class Signed(NamedTuple):
    """Whose signature it is, and when it was made (epoch seconds)."""

    key_id: str
    merchant_id: str
    at: int


def is_meant(request: Request) -> bool:
    """Whether the request is signed in this profile."""
    return request.headers.get("Authorization", "").startswith(f"{SCHEME} ")


def verified(request: Request) -> Signed:
    """Who signed this request. Raises Refused(SIGNATURE_INVALID). Judge the instant afterwards."""
    given = _fields(request.headers["Authorization"].removeprefix(f"{SCHEME} "))
    text = signed_text(
        request.method,
        wire.target_of(request),
        given["timestamp"],
        given["nonce_str"],
        wire.body_of(request) or b"",
        request.headers.get("Idempotency-Key", ""),
        request.host.lower(),
    )
    if not hmac.compare_digest(
        signature_of(secret_of(given["serial_no"]), text), given["signature"].encode()
    ):
        raise Refused(Refusal.SIGNATURE_INVALID)
    return Signed(given["serial_no"], given["mchid"], int(given["timestamp"]))


def signed_text(
    method: str, target: str, timestamp: str, nonce: str, body: bytes, key: str, host: str
) -> bytes:
    """What is signed. Neither key nor host can hold a line feed, so no body passes for another one with them."""
    head = f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode()
    return head + body + f"\n{key}\n{host}\n".encode()


def signature_of(secret: str, text: bytes) -> bytes:
    """The signature as it stands in the header."""
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256"))


def _fields(listed: str) -> dict[str, str]:
    """The five fields, in any order. Raises Refused(SIGNATURE_INVALID) for other, missing and doubled ones."""
    found = FIELD.findall(listed) if LIST.fullmatch(listed) else []
    given = dict(found)
    if len(found) != len(FIELDS) or given.keys() != FIELDS:
        raise Refused(Refusal.SIGNATURE_INVALID)
    if not given["nonce_str"] or not re.fullmatch(r"[0-9]{1,12}", given["timestamp"]):
        raise Refused(Refusal.SIGNATURE_INVALID)
    return given
