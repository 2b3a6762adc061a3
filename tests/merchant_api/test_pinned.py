"""The short way to verify a signature lets in nothing that the library refuses, and what the client sends goes it."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.domain.refusals import Refused
from app.terminal_keys import secret_of
from merchant_api import pinned, signature, wire
from merchant_api.client.signing import content_digest, signature_base, signature_params

BODY = b'{"code":"88112345678901234567","purpose":"voucher"}'
HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Sent:
    """A request as it is signed, and what is changed on the way."""

    method: str = "POST"
    path: str = "/merchant/v1/scans"
    query: str = ""
    body: bytes = BODY
    host: str = HOST
    key: str | None = "20261001-0001-scan"
    key_id: str = "live_01"
    age_s: int = 0
    covered: tuple[str, ...] | None = None
    changed: dict[str, Any] = field(default_factory=dict)

    def environ(self) -> dict[str, Any]:
        """What WSGI makes of it."""
        known = {
            "@method": self.method,
            "@authority": self.host,
            "@path": self.path,
            "@query": f"?{self.query}",
            "content-digest": content_digest(self.body),
            "idempotency-key": self.key or "",
        }
        names = self.covered or tuple(
            name
            for name in known
            if (name != "content-digest" or self.method == "POST") and (name != "idempotency-key" or self.key)
        )
        components = {name: known[name] for name in names}
        created = clock.now() // 1000 - self.age_s
        params = signature_params(list(components), self.key_id, created, "f1f2f3f4")
        mac = hmac.digest(
            secret_of(self.key_id).encode(), signature_base(components, params).encode(), "sha256"
        )
        headers = {
            "Signature-Input": f"sig1={params}",
            "Signature": f"sig1=:{base64.b64encode(mac).decode()}:",
            "Content-Digest": known["content-digest"],
            **({"Idempotency-Key": self.key} if self.key else {}),
            **self.changed.get("headers", {}),
        }
        target = self.changed.get("target", self.path + (f"?{self.query}" if self.query else ""))
        return {
            "method": self.changed.get("method", self.method),
            "path": target.partition("?")[0],
            "query_string": target.partition("?")[2],
            "headers": {name: value for name, value in headers.items() if value is not None},
            "data": self.changed.get("body", self.body if self.method == "POST" else b""),
            "base_url": f"http://{self.changed.get('host', self.host)}",
            "environ_overrides": {"RAW_URI": target},
        }


def both(app: Flask, sent: Sent) -> tuple[str | None, str | None]:
    """Whose key the short way found, and whose the library; None: not let in."""
    with app.app_context():
        environ = sent.environ()
    with app.test_request_context(**environ):
        body = request.get_data() if request.method == "POST" else None
        covered = signature.ALWAYS + (("content-digest",) if body is not None else ())
        if "Idempotency-Key" in request.headers:
            covered += ("idempotency-key",)
        path, query = wire.path_of(request), request.query_string.decode("latin-1")
        message = pinned.Message(request.method, request.host, path, query, body, request.headers.get)
        short = pinned.key_id(message, covered, secret_of, clock.now() / 1000, signature.SKEW_S)
        try:
            return short, signature._by_library(covered, body)
        except Refused:
            return short, None


@pytest.mark.parametrize(
    "sent",
    [
        Sent(),
        Sent(method="POST", path="/merchant/v1/quotes", key=None),
        Sent(method="GET", path="/merchant/v1/redemptions", query="order_no=O-1", key=None),
        Sent(path="/merchant/v1/redemptions/O-1.2_3/reversals", key="till-31:refund.1"),
        Sent(age_s=signature.SKEW_S - 5),
        Sent(host="pos.example.cn:8443"),
    ],
    ids=lambda sent: f"{sent.method} {sent.path}",
)
def test_what_the_client_sends_goes_the_short_way(scratch: Flask, sent: Sent):
    """Both ways find the key, so the way is taken and the comparison below is one of two."""
    assert both(scratch, sent) == ("live_01", "live_01")


CHANGES: dict[str, Sent] = {
    "another body": Sent(changed={"body": BODY + b" "}),
    "another method": Sent(method="GET", key=None, changed={"method": "DELETE"}),
    "another path": Sent(changed={"target": "/merchant/v1/quotes"}),
    "a query that was not signed": Sent(changed={"target": "/merchant/v1/scans?x=1"}),
    "another host": Sent(changed={"host": "127.0.0.1:8001"}),
    "another idempotency key": Sent(changed={"headers": {"Idempotency-Key": "20261001-0002-scan"}}),
    "no idempotency key": Sent(changed={"headers": {"Idempotency-Key": None}}),
    "a key that is not covered": Sent(covered=(*signature.ALWAYS, "content-digest")),
    "a digest that is not covered": Sent(covered=(*signature.ALWAYS, "idempotency-key")),
    "a path that is not covered": Sent(
        covered=("@method", "@authority", "@query", "content-digest", "idempotency-key")
    ),
    "too old": Sent(age_s=signature.SKEW_S + 2),
    "too young": Sent(age_s=-signature.SKEW_S - 2),
    "no signature": Sent(changed={"headers": {"Signature": None}}),
    "an empty signature": Sent(changed={"headers": {"Signature": "sig1=::"}}),
    "a digest of another algorithm": Sent(changed={"headers": {"Content-Digest": "md5=:AAAA:"}}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_on_the_way_is_let_in_by_neither(scratch: Flask, name: str):
    """Whatever is signed cannot be changed, whatever must be signed cannot be left out."""
    assert both(scratch, CHANGES[name]) == (None, None)


@pytest.mark.parametrize(
    "sent",
    [
        Sent(path="/merchant/v1/redemptions/%E5%8D%95-1/reversals"),
        Sent(covered=("@path", "@method", "@authority", "@query", "content-digest", "idempotency-key")),
        Sent(host="127.0.0.1"),
    ],
    ids=["escaped", "another order", "default port"],
)
def test_the_library_takes_what_is_of_another_form(scratch: Flask, sent: Sent):
    """The short way is no second opinion about what is right."""
    assert both(scratch, sent) == (None, "live_01")


@settings(max_examples=300)
@given(
    name=st.sampled_from(["Signature-Input", "Signature", "Content-Digest", "Idempotency-Key"]),
    at=st.integers(0, 400),
    cut=st.integers(0, 3),
    put=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=3),
)
def test_no_change_of_a_header_is_let_in_by_the_short_way_alone(
    scratch: Flask, name: str, at: int, cut: int, put: str
):
    """Any three characters of any header replaced: the short way never says more than the library."""
    with scratch.app_context():
        value = Sent().environ()["headers"][name]
    at %= len(value) + 1
    short, library = both(
        scratch, replace(Sent(), changed={"headers": {name: value[:at] + put + value[at + cut :]}})
    )
    assert short is None or short == library
