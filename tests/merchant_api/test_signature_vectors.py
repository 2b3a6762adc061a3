"""Both signature profiles by the published vectors: what is accepted, and that nothing covered can be changed."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, request

from app.docs import VECTORS
from app.domain.refusals import Refusal, Refused
from merchant_api import signature, wechat_style
from merchant_api.client.signing import signature_base, signature_params

GIVEN: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
PROFILES = ("rfc9421", "wechat_style")
BOTH = [
    pytest.param(vector, profile, id=f"{vector['name']}, {profile}")
    for vector in GIVEN["requests"]
    for profile in PROFILES
]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vectors' secret, at the vectors' instant."""
    for module in (signature, wechat_style):
        monkeypatch.setattr(module, "secret_of", lambda _: GIVEN["secret"])
    at_clock(monkeypatch, GIVEN["created"])


def at_clock(monkeypatch: pytest.MonkeyPatch, second: float) -> None:
    """The platform's clock says this (epoch seconds)."""
    monkeypatch.setattr("app.clock.now", lambda: int(second * 1000))


@contextmanager
def received(vector: dict[str, Any], profile: str, **changed: Any) -> Iterator[None]:
    """The vector's request as the platform gets it, with changes made on the way."""
    headers = dict(vector[profile]["headers"]) | changed.pop("headers", {})
    key = changed.pop("idempotency_key", vector["idempotency_key"])
    if key:
        headers["Idempotency-Key"] = key
    sent = {**vector, "host": GIVEN["host"], **changed}
    with Flask("till").test_request_context(
        sent["target"],
        method=sent["method"],
        base_url=f"http://{sent['host']}",
        data=sent["body"].encode(),
        headers=headers,
        content_type="application/json",
    ):
        assert request.host == sent["host"]
        yield


def verdict(vector: dict[str, Any], profile: str, **changed: Any) -> str:
    """`accepted`, or the code of the refusal."""
    with received(vector, profile, **changed):
        try:
            proved = signature._proved()
        except Refused as refused:
            return refused.refusal.code
    assert proved.key_id == GIVEN["key_id"]
    return "accepted"


@pytest.mark.parametrize(("vector", "profile"), BOTH)
def test_a_vector_is_accepted(vector: dict[str, Any], profile: str):
    """As it is published, by the code that serves."""
    assert verdict(vector, profile) == "accepted"


@pytest.mark.parametrize(("vector", "profile"), BOTH)
def test_nothing_that_is_covered_can_be_changed(vector: dict[str, Any], profile: str):
    """Method, host, path, query, body, key: the same refusal in both profiles."""
    path = vector["target"].partition("?")[0]
    changes: list[dict[str, Any]] = [
        {"method": "PATCH"},
        {"host": "evil.example"},
        {"target": vector["target"].replace("merchant/v1", "merchant/v2")},
        {"target": f"{path}?order_no=another"},
        {"idempotency_key": "another-key-entirely"},
    ]
    if vector["body"]:
        changes.append({"body": vector["body"].replace('"', '" ', 1)})
    if vector["idempotency_key"]:
        changes.append({"idempotency_key": ""})
    for change in changes:
        assert verdict(vector, profile, **change) == Refusal.SIGNATURE_INVALID.code, change


@pytest.mark.parametrize(("vector", "profile"), BOTH)
def test_a_vector_is_good_for_300_s_before_and_after(
    vector: dict[str, Any], profile: str, monkeypatch: pytest.MonkeyPatch
):
    """By the platform's clock."""
    for off, word in (
        (-301, "signature_stale"),
        (-300, "accepted"),
        (300, "accepted"),
        (301, "signature_stale"),
    ):
        at_clock(monkeypatch, GIVEN["created"] + off)
        assert verdict(vector, profile) == word


@pytest.mark.parametrize("vector", GIVEN["requests"], ids=lambda vector: vector["name"])
def test_what_is_signed_is_published_to_the_letter(vector: dict[str, Any]):
    """So that a vendor can compare line by line: with the example client, and with the second profile's text."""
    path, _, query = vector["target"].partition("?")
    headers = vector["rfc9421"]["headers"]
    known = {
        "@method": vector["method"],
        "@authority": GIVEN["host"],
        "@path": path,
        "@query": f"?{query}",
        "content-digest": headers.get("Content-Digest"),
        "idempotency-key": vector["idempotency_key"],
    }
    components = {name: value for name, value in known.items() if value}
    params = signature_params(list(components), GIVEN["key_id"], GIVEN["created"], GIVEN["nonce"])
    assert signature_base(components, params) == vector["rfc9421"]["signed"]
    assert headers["Signature-Input"] == f"sig1={params}"
    text = wechat_style.signed_text(
        vector["method"],
        vector["target"],
        str(GIVEN["created"]),
        GIVEN["nonce"],
        vector["body"].encode(),
        vector["idempotency_key"],
        GIVEN["host"],
    )
    assert text.decode() == vector["wechat_style"]["signed"]


def test_the_vector_of_the_rfc_is_ours_too():
    """B.2.5: the same algorithm over the same kind of text."""
    rfc = GIVEN["published"]["rfc9421"]
    mac = hmac.digest(base64.b64decode(rfc["secret_base64"]), rfc["signed"].encode(), "sha256")
    assert base64.b64encode(mac).decode() == rfc["signature"]


def test_the_first_five_lines_are_wechat_pays():
    """As WeChat Pay publishes them for its first example; our two lines follow."""
    given = GIVEN["published"]["wechat_pay"]
    text = wechat_style.signed_text(
        given["method"],
        given["target"],
        given["timestamp"],
        given["nonce"],
        given["body"].encode(),
        "key-00001",
        "pos.ankang.example",
    )
    assert text.decode() == given["signed"] + "key-00001\npos.ankang.example\n"


def test_a_key_is_never_taken_for_the_end_of_a_body():
    """Neither key nor host can hold a line feed, so the last two lines are what they are."""
    as_body = wechat_style.signed_text("POST", "/x", "1", "n", b"a\nkey-00001", "", "h")
    assert as_body != wechat_style.signed_text("POST", "/x", "1", "n", b"a", "key-00001", "h")


GOOD = 'mchid="m",nonce_str="n",timestamp="1",serial_no="s",signature="x"'


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "garbage",
        GOOD.replace('timestamp="1"', 'timestamp="soon"'),
        GOOD.replace('timestamp="1"', 'timestamp="9999999999999"'),
        GOOD.replace('timestamp="1"', 'timestamp="-1"'),
        GOOD.replace('nonce_str="n"', 'nonce_str=""'),
        GOOD.replace(',signature="x"', ""),
        GOOD + ',signature="x"',
        GOOD + ',more="x"',
        GOOD.replace('"x"', '"x'),
        GOOD.replace('"x"', '"\xff"'),
        GOOD + "," * 5_000,
        GOOD,
    ],
)
def test_a_malformed_header_is_invalid(listed: str):
    """Whatever stands in it."""
    headers = {"Authorization": f"{wechat_style.SCHEME} {listed}"}
    vector = {**GIVEN["requests"][0], "wechat_style": {"headers": headers}}
    assert verdict(vector, "wechat_style") == Refusal.SIGNATURE_INVALID.code


def test_the_fields_may_come_in_any_order():
    """As WeChat Pay allows it, with or without a blank behind the comma."""
    vector = GIVEN["requests"][0]
    scheme, _, listed = vector["wechat_style"]["headers"]["Authorization"].partition(" ")
    turned = ", ".join(reversed(listed.split(",")))
    assert verdict(vector, "wechat_style", headers={"Authorization": f"{scheme} {turned}"}) == "accepted"
