"""A plain HTTP client: one request, one answer, and the status that was expected."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """Status, parsed body, headers (lower case)."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str | None:
        """The stable code of a refusal."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class Door:
    """Requests to one address, from one loopback source address, with one bearer token."""

    def __init__(self, url: str, token: str | None = None, source: str = "127.0.0.1") -> None:
        self.url, self.token, self.source = url, token, source

    def get(self, path: str, expect: int | None = None) -> Reply:
        """GET."""
        return self.send("GET", path, None, expect=expect)

    def post(self, path: str, body: Any = None, key: str | None = None, expect: int | None = None) -> Reply:
        """POST with a fresh key, or this one."""
        headers = {"Idempotency-Key": key or token_hex(12)}
        return self.send("POST", path, {} if body is None else body, headers, expect)

    def patch(self, path: str, body: Any, key: str | None = None, expect: int | None = None) -> Reply:
        """PATCH with a fresh key, or this one."""
        return self.send("PATCH", path, body, {"Idempotency-Key": key or token_hex(12)}, expect)

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        headers: Mapping[str, str] | None = None,
        expect: int | None = None,
    ) -> Reply:
        """One request. `body` is JSON, or bytes that go as they are."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if content is not None else {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        reply = exchange(self.url, method, path, content, {**sent, **(headers or {})}, self.source)
        assert expect is None or reply.status == expect, f"{method} {path}: {reply.status} {reply.body}"
        return reply


def exchange(
    url: str,
    method: str,
    path: str,
    content: bytes | None,
    headers: Mapping[str, str],
    source: str = "127.0.0.1",
) -> Reply:
    """One request on one connection. Raises OSError where no answer came."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=30, source_address=(source, 0)
    )
    try:
        connection.request(method, path, content, dict(headers))
        response = connection.getresponse()
        raw = response.read()
        lower = {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()
    is_json = "json" in lower.get("content-type", "")
    return Reply(response.status, json.loads(raw) if is_json else raw, lower)
