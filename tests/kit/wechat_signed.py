"""Requests of a till in the second signature profile, as a vendor would write them down: nothing of the platform's."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from tests.kit.http import Reply, exchange
from tests.kit.people import Shop


def send_in_wechat_style(
    shop: Shop,
    method: str,
    target: str,
    body: Any = None,
    *,
    key: str | None = None,
    secret: str | None = None,
    merchant_id: str | None = None,
    age_s: float = 0,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request. `headers` overrule what was signed; `age_s` is how long ago it was, by the platform's clock."""
    content = "" if body is None else json.dumps(body, ensure_ascii=False)
    key = token_hex(12) if key is None and method != "GET" else key or ""
    timestamp, nonce = str(int(shop.clock() - age_s)), token_hex(16).upper()
    text = "".join(
        f"{line}\n"
        for line in (method, target, timestamp, nonce, content, key, urlsplit(shop.town.url).netloc)
    )
    mac = base64.b64encode(hmac.digest((secret or shop.secret).encode(), text.encode(), "sha256")).decode()
    fields = {
        "mchid": merchant_id or shop.merchant_id,
        "nonce_str": nonce,
        "timestamp": timestamp,
        "serial_no": shop.key_id,
        "signature": mac,
    }
    listed = ",".join(f'{name}="{value}"' for name, value in fields.items())
    sent = {"Authorization": f"ANKANG-HMAC-SHA256 {listed}"}
    if content:
        sent["Content-Type"] = "application/json"
    if key:
        sent["Idempotency-Key"] = key
    return exchange(shop.town.url, method, target, content.encode() or None, {**sent, **(headers or {})})
