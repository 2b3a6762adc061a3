"""The pinned signature profile by the shortest way: requests of the very form that the example client sends.

Whatever differs from that form, and every signature that does not fit, is left to the library, which decides it. So
nothing gets in here that it would refuse; `tests/merchant_api/test_pinned.py` shows both the same requests.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

INPUT = re.compile(
    r"sig1=(\(([^()]{1,120})\);created=([0-9]{1,12});nonce=\"[A-Za-z0-9_-]{1,64}\";keyid=\"([a-z0-9_]{1,40})\";"
    r'alg="hmac-sha256";tag="ankang-pos-v1")'
)
SIGNATURE = re.compile(r"sig1=:([A-Za-z0-9+/]{43}=):")
# No default port, nothing escaped, nothing in capitals: then the components stand in the request as they are signed.
HOST = re.compile(r"[a-z0-9.-]{1,200}:(?!80$|443$)[1-9][0-9]{1,4}")
PATH = re.compile(r"/[A-Za-z0-9/_.~-]*")
QUERY = re.compile(r"[A-Za-z0-9_.~=&-]*")
KEY = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


class Message(NamedTuple):
    """A request as it was sent; `header` gives a header by its name, None where there is none."""

    method: str
    host: str
    path: str
    query: str
    body: bytes | None
    header: Callable[[str], str | None]


def key_id(
    message: Message, covered: tuple[str, ...], secret_of: Callable[[str], str], now_s: float, skew_s: int
) -> str | None:
    """The key that signed these components of the message; None where the library has to decide.

    `secret_of` gives the secret of a key id; `created` may be `skew_s` away from `now_s`, the platform's clock.
    """
    given = INPUT.fullmatch(message.header("Signature-Input") or "")
    mac = SIGNATURE.fullmatch(message.header("Signature") or "")
    if given is None or mac is None or given[2] != _named(covered):
        return None
    components = _components(message)
    if components is None or abs(int(given[3]) - now_s) > skew_s:
        return None
    base = _form(covered) % components + given[1]
    expected = b64encode(hmac.digest(secret_of(given[4]).encode(), base.encode(), "sha256"))
    return given[4] if hmac.compare_digest(expected, mac[1].encode()) else None


@lru_cache
def _named(covered: tuple[str, ...]) -> str:
    """The components as the input names them."""
    return " ".join(f'"{name}"' for name in covered)


@lru_cache
def _form(covered: tuple[str, ...]) -> str:
    """The signature base (RFC 9421, 2.5), with places for the components; the parameters follow."""
    return "".join(f'"{name}": %({name})s\n' for name in covered) + '"@signature-params": '


@lru_cache
def _is_usual(host: str, path: str, query: str) -> bool:
    return bool(HOST.fullmatch(host) and PATH.fullmatch(path) and QUERY.fullmatch(query))


def _components(message: Message) -> dict[str, str] | None:
    """What may be covered, as it is signed; None where something needs the library's care."""
    sent = message.header("Idempotency-Key")
    key = "-" if sent is None else sent
    digest = "" if message.body is None else _digest(message.body)
    if not _is_usual(message.host, message.path, message.query) or not KEY.fullmatch(key):
        return None
    if message.body is not None and message.header("Content-Digest") != digest:
        return None
    return {
        "@method": message.method,
        "@authority": message.host,
        "@path": message.path,
        "@query": f"?{message.query}",
        "content-digest": digest,
        "idempotency-key": key,
    }


def _digest(body: bytes) -> str:
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"
