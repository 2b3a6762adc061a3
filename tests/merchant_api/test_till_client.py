"""The example client against the reference library, and its patience against a scripted platform."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageVerifier,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.resolvers import MappingKeyResolver

from merchant_api.client import signing
from merchant_api.client.__main__ import main
from merchant_api.client.till import Answer, NoFinalAnswer, Till

SECRET = "s3cret-of-terminal-1"
CODE = "88112345678901234567"


@dataclass
class Seen:
    """One request as it came over the wire: the form the reference library reads."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Platform:
    """Says what it was told to say, then 201; keeps what it heard. `None` hangs up without a word."""

    says: list[tuple[int, dict[str, Any], dict[str, str]] | None] = field(default_factory=list)
    heard: list[Seen] = field(default_factory=list)
    url: str = ""

    def answer(self, door: BaseHTTPRequestHandler) -> None:
        body = door.rfile.read(int(door.headers.get("Content-Length", 0)))
        url = f"http://{door.headers['Host']}{door.path}"
        self.heard.append(Seen(door.command, url, dict(door.headers.items()), body))
        say = self.says.pop(0) if self.says else (201, {"redemption_id": "rdm_1"}, {})
        if say is None:
            return
        content = json.dumps(say[1]).encode()
        door.send_response(say[0])
        for name, value in {"Content-Length": str(len(content)), **say[2]}.items():
            door.send_header(name, value)
        door.end_headers()
        door.wfile.write(content)


@pytest.fixture
def platform() -> Iterator[Platform]:
    scripted = Platform()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            scripted.answer(self)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def till(platform: Platform) -> Till:
    return Till(platform.url, "live_01", SECRET, timeout=2, patience=3, sleep=lambda _: None)


def check(seen: Seen, secret: str = SECRET) -> dict[str, str]:
    """The covered components, when the reference library accepts the signature and the body."""
    keys = {"live_01": secret.encode()}
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.HMAC_SHA256,
        key_resolver=MappingKeyResolver(public_keys=keys, private_keys=keys),
    )
    [result] = verifier.verify(seen, expect_tag="ankang-pos-v1", expect_label="sig1", body=seen.body)
    return {name.strip('"'): value for name, value in result.covered_components.items()}


ALL = ["@method", "@authority", "@path", "@query", "content-digest", "idempotency-key"]


def test_the_reference_library_accepts_a_signed_write(platform: Platform, till: Till) -> None:
    till.redeem("tok", ["vch_1", "vch_2"], "门店1-20261001-7", 12000, 500, key="order-7-a")
    covered = check(platform.heard[0])
    assert [name for name in covered if name != "@signature-params"] == ALL
    assert covered["idempotency-key"] == "order-7-a"
    assert json.loads(platform.heard[0].body) == {
        "scan_token": "tok",
        "voucher_ids": ["vch_1", "vch_2"],
        "order_no": "门店1-20261001-7",
        "gross_fen": 12000,
        "merchant_discount_fen": 500,
    }


def test_the_reference_library_accepts_a_signed_read_with_an_awkward_order_number(
    platform: Platform, till: Till
) -> None:
    till.find("门店 1/7?&=")
    covered = check(platform.heard[0])
    assert [name for name in covered if name != "@signature-params"] == ALL[:4]
    assert covered["@query"] == "?order_no=%E9%97%A8%E5%BA%97%201%2F7%3F%26%3D"


def test_the_reference_library_accepts_a_reversal_with_an_awkward_order_number(
    platform: Platform, till: Till
) -> None:
    till.reverse("门店 1/7", "顾客退货")
    assert check(platform.heard[0])["@path"].endswith("/%E9%97%A8%E5%BA%97%201%2F7/reversals")


def test_a_quote_covers_its_body_and_carries_no_key(platform: Platform, till: Till) -> None:
    till.quote("tok", 12000)
    assert [name for name in check(platform.heard[0]) if name != "@signature-params"] == ALL[:5]
    assert "Idempotency-Key" not in platform.heard[0].headers


@pytest.mark.parametrize("forgery", ["method", "authority", "path", "query", "body", "key", "secret"])
def test_a_changed_request_no_longer_verifies(platform: Platform, till: Till, forgery: str) -> None:
    till.scan(CODE, key="scan-0001")
    seen = platform.heard[0]
    check(seen)
    match forgery:
        case "method":
            seen.method = "PUT"
        case "authority":
            seen.url = re.sub(r"//[^/]+", "//127.0.0.9:80", seen.url)
        case "path":
            seen.url = seen.url.replace("/scans", "/quotes")
        case "query":
            seen.url += "?x=1"
        case "body":
            seen.body = seen.body.replace(b"voucher", b"identity")
        case "key":
            seen.headers["Idempotency-Key"] = "scan-0002"
    with pytest.raises(InvalidSignature):
        check(seen, "another secret" if forgery == "secret" else SECRET)


def test_the_docstring_shows_the_base_that_is_signed() -> None:
    body = f'{{"code":"{CODE}","purpose":"voucher"}}'.encode()
    values = [
        "POST",
        "127.0.0.1:8000",
        "/merchant/v1/scans",
        "?",
        signing.content_digest(body),
        "20261001-0001-scan",
    ]
    base = signing.signature_base(
        dict(zip(ALL, values, strict=True)), signing.signature_params(ALL, "live_01", 1790820000, "f1f2f3f4")
    )
    page = re.sub(r"\n\s+", "\n", (signing.__doc__ or "").replace("\n      ;created", ";created"))
    assert base in page


def busy(retry_after: str | None = None) -> tuple[int, dict[str, Any], dict[str, str]]:
    return (
        409,
        {"code": "voucher_busy", "retryable": True},
        {"Retry-After": retry_after} if retry_after else {},
    )


@pytest.mark.parametrize(
    "not_final",
    [
        busy(),
        (409, {"code": "in_progress", "retryable": False}, {}),
        (429, {"code": "too_many_requests", "retryable": True}, {"Retry-After": "1"}),
        (503, {"code": "unavailable", "retryable": True}, {"Retry-After": "2"}),
        (500, {"code": "internal"}, {}),
        None,
    ],
    ids=["turned away", "in progress", "429", "503", "500", "no reply"],
)
def test_the_key_and_the_body_stay_the_same_until_the_answer_is_final(
    platform: Platform, till: Till, not_final: Any
) -> None:
    platform.says = [not_final, not_final]
    answer = till.redeem("tok", ["vch_1"], "order-1", 12000)
    assert answer.status == 201
    assert len({(seen.headers["Idempotency-Key"], seen.body) for seen in platform.heard}) == 1
    assert len({seen.headers["Signature"] for seen in platform.heard}) == 3, "each attempt is signed anew"
    for seen in platform.heard:
        check(seen)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_decided_refusal_is_final(platform: Platform, till: Till, status: int) -> None:
    platform.says = [(status, {"code": "voucher_used", "retryable": False}, {})]
    assert till.redeem("tok", ["vch_1"], "order-1", 12000).status == status
    assert len(platform.heard) == 1


def test_two_calls_have_two_keys(platform: Platform, till: Till) -> None:
    till.scan(CODE)
    till.scan(CODE)
    first, second = (seen.headers["Idempotency-Key"] for seen in platform.heard)
    assert first != second


def test_a_replay_says_so(platform: Platform, till: Till) -> None:
    platform.says = [(200, {"redemption_id": "rdm_1"}, {"Idempotent-Replayed": "true"})]
    assert till.redeem("tok", ["vch_1"], "order-1", 12000).replayed


def test_the_till_waits_as_long_as_it_is_asked_to(platform: Platform) -> None:
    waits: list[float] = []
    platform.says = [busy("7"), busy()]
    till = Till(platform.url, "live_01", SECRET, sleep=waits.append)
    till.scan(CODE)
    assert 7 <= waits[0] < 10
    assert 0 < waits[1] < 1


def test_when_patience_ends_the_caller_gets_the_key_back(platform: Platform) -> None:
    platform.says = [busy()] * 50
    till = Till(platform.url, "live_01", SECRET, patience=0.5)
    with pytest.raises(NoFinalAnswer) as unknown:
        till.redeem("tok", ["vch_1"], "order-1", 12000, key="order-1-a")
    assert unknown.value.key == "order-1-a"
    assert isinstance(unknown.value.last, Answer)
    assert unknown.value.last.body["code"] == "voucher_busy"


def test_a_platform_that_is_away_is_an_unknown_outcome() -> None:
    till = Till("http://127.0.0.1:1", "live_01", SECRET, timeout=0.2, patience=0.3)
    started = time.monotonic()
    with pytest.raises(NoFinalAnswer):
        till.find("order-1")
    assert time.monotonic() - started < 5


def test_the_command_line_redeems_with_the_twenty_digits(platform: Platform, tmp_path, capsys) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    who = ["--url", platform.url, "--key", "live_01", "--secret-file", str(tmp_path / "secret")]
    assert main([*who, "redeem", CODE, "12000", "order-1", "vch_1", "vch_2"]) == 0
    assert json.loads(capsys.readouterr().out) == {"redemption_id": "rdm_1"}
    assert json.loads(platform.heard[0].body)["code"] == CODE
    check(platform.heard[0])


def test_the_command_line_tells_a_refusal_by_its_exit_code(platform: Platform, tmp_path, capsys) -> None:
    (tmp_path / "secret").write_text(SECRET)
    platform.says = [(404, {"code": "order_not_found", "retryable": False}, {})]
    who = ["--url", platform.url, "--key", "live_01", "--secret-file", str(tmp_path / "secret")]
    assert main([*who, "find", "order-9"]) == 1
    assert "order_not_found" in capsys.readouterr().out


def test_the_command_line_holds_vouchers_and_gives_them_back(platform: Platform, tmp_path, capsys) -> None:
    (tmp_path / "secret").write_text(SECRET)
    who = ["--url", platform.url, "--key", "live_01", "--secret-file", str(tmp_path / "secret")]
    assert main([*who, "reserve", CODE, "12000", "order-1", "best", "--hold", "60"]) == 0
    assert main([*who, "capture", "13000", "order-1", "--discount", "500", "--confirm"]) == 0
    assert main([*who, "release", "order-1"]) == 0
    assert [seen.url.partition("/v1/")[2] for seen in platform.heard] == [
        "reservations",
        "reservations/order-1/captures",
        "reservations/order-1/releases",
    ]
    reserve, capture, release = (json.loads(seen.body) for seen in platform.heard)
    assert reserve == {
        "code": CODE,
        "voucher_ids": "best",
        "order_no": "order-1",
        "gross_fen": 12000,
        "hold_s": 60,
        "merchant_discount_fen": 0,
    }
    assert capture == {"gross_fen": 13000, "merchant_discount_fen": 500, "confirm_duplicate": True}
    assert release == {}
    for seen in platform.heard:
        check(seen)
