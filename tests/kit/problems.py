"""What every refusal looks like, whoever gives it and for whatever reason."""

from __future__ import annotations

import re
from typing import Any, Protocol


class Refusable(Protocol):
    """A reply of any door."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> Any: ...
    @property
    def headers(self) -> Any: ...


def refused(reply: Refusable, status: int, code: str) -> dict[str, Any]:
    """Assert that this is a complete problem document with this status and code; returns it for its facts."""
    assert (reply.status, reply.body.get("code")) == (status, code), reply.body
    body: dict[str, Any] = reply.body
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert body["status"] == status
    assert body["type"] == f"/docs/errors#{code}"
    assert body["title"] and body["detail"]
    assert re.search(r"[一-鿿]", body["message"]), "no Chinese sentence"
    assert re.search(r"[A-Za-z]{2}", body["message"]), "no English sentence"
    assert type(body["retryable"]) is bool
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,40}", body["trace_id"])
    assert reply.headers["x-request-id"] == body["trace_id"]
    return body
