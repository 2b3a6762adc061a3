"""Signs whatever request somebody else has prepared, as a till does: for tools that make up requests of their own."""

from __future__ import annotations

import base64
import hmac
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from merchant_api.client.signing import content_digest, signature_base, signature_params
from tests.kit.people import Shop


class Signer(AuthBase):
    """One terminal's signature over any request, with the idempotency key where there is one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add Content-Digest, Signature-Input and Signature."""
        url, headers = urlsplit(request.url or ""), request.headers
        known: dict[str, Any] = {
            "@method": request.method,
            "@authority": url.netloc,
            "@path": url.path,
            "@query": f"?{url.query}",
        }
        if request.method != "GET":
            body = request.body or b""
            assert isinstance(body, str | bytes), "the probes send no streams"
            headers["Content-Digest"] = content_digest(body.encode() if isinstance(body, str) else body)
            known["content-digest"] = headers["Content-Digest"]
        if "Idempotency-Key" in headers:
            known["idempotency-key"] = headers["Idempotency-Key"]
        params = signature_params(list(known), self.shop.key_id, int(self.shop.clock()), token_hex(16))
        mac = hmac.digest(self.shop.secret.encode(), signature_base(known, params).encode(), "sha256")
        headers["Signature-Input"] = f"sig1={params}"
        headers["Signature"] = f"sig1=:{base64.b64encode(mac).decode()}:"
        return request
