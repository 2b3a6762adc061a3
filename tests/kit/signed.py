"""Requests of a till with every part of the signature in the test's hands: to forge, to age, to leave things out."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from merchant_api.client.signing import content_digest, signature_base, signature_params
from tests.kit.http import Reply, exchange
from tests.kit.people import Shop

READ = ("@method", "@authority", "@path", "@query")
QUOTE = (*READ, "content-digest")
WRITE = (*QUOTE, "idempotency-key")


def send_signed(
    shop: Shop,
    method: str,
    target: str,
    body: Any = None,
    *,
    covered: Sequence[str] = WRITE,
    key: str | None = None,
    secret: str | None = None,
    key_id: str | None = None,
    age_s: float = 0,
    sent: bytes | None = None,
    sent_to: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request. `body` and `target` are signed, `sent` and `sent_to` go over the wire, `headers` overrule.

    `age_s` is how long ago it was signed by the platform's clock; a `body` of bytes is signed as it is.
    """
    signed = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = token_hex(12) if key is None else key
    path, _, query = target.partition("?")
    digest = content_digest(signed)
    known = {
        "@method": method,
        "@authority": urlsplit(shop.town.url).netloc,
        "@path": path,
        "@query": f"?{query}",
        "content-digest": digest,
        "idempotency-key": key,
    }
    components = {name: known[name] for name in covered}
    created = int(shop.clock() - age_s)
    params = signature_params(list(components), key_id or shop.key_id, created, token_hex(16))
    mac = hmac.digest((secret or shop.secret).encode(), signature_base(components, params).encode(), "sha256")
    all_headers = {
        "Content-Type": "application/json",
        "Content-Digest": digest,
        "Idempotency-Key": key,
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{base64.b64encode(mac).decode()}:",
        **(headers or {}),
    }
    content = None if method == "GET" else signed if sent is None else sent
    if method == "GET":
        all_headers = {name: value for name, value in all_headers.items() if name.startswith("Signature")}
    return exchange(shop.town.url, method, sent_to or target, content, all_headers)
