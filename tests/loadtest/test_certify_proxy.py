"""Facts about the proxy of the certification list, against a small server that counts."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from loadtest.certify.proxy import Losses, Proxy
from loadtest.certify.sandbox import Terminal

NOTHING = Losses()


@dataclass
class Platform:
    """Answers each request with how many it has heard."""

    heard: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""

    def answer(self, door: BaseHTTPRequestHandler) -> None:
        """Count, and say the count."""
        body = door.rfile.read(int(door.headers.get("Content-Length") or 0))
        self.heard.append((door.headers["Host"], door.headers["Signature"], body))
        content = json.dumps({"count": len(self.heard)}).encode()
        door.send_response(201)
        for name, value in (("Content-Length", str(len(content))), ("Retry-After", "2"), ("X-Kept", "yes")):
            door.send_header(name, value)
        door.end_headers()
        door.wfile.write(content)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """It listens."""
    counting = Platform()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            counting.answer(self)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    counting.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield counting
    server.shutdown()
    server.server_close()
    thread.join()


def proxy_of(platform: Platform, losses: Losses) -> Proxy:
    """In front of it."""
    return Proxy(Terminal(platform.url, "test_1", "secret"), losses)


def ask(proxy: Proxy, path: str = "redemptions", body: bytes = b"{}") -> int | None:
    """What the platform counted; None where the line was cut."""
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
    try:
        connection.request("POST", f"/merchant/v1/{path}", body, {"Signature": "s", "Idempotency-Key": "k-1"})
        reply = connection.getresponse()
        assert (reply.status, reply.headers["X-Kept"]) == (201, "yes")
        return int(json.loads(reply.read())["count"])
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        connection.close()


def test_every_tenth_reply_is_dropped_and_every_twentieth_request_comes_twice(platform: Platform):
    """The dropped ones have reached the platform; of the doubled ones the second reply is handed on."""
    with proxy_of(platform, Losses(drop_each=10, double_each=20)).running() as proxy:
        counts = [ask(proxy) for _ in range(40)]
    numbers = [number for number, count in enumerate(counts, 1) if count is None]
    assert numbers == [10, 20, 30, 40]
    assert len(platform.heard) == 42
    assert (counts[13], counts[14], counts[15]) == (14, 16, 17), "request 15 was sent twice"
    assert (counts[33], counts[34], counts[35]) == (35, 37, 38), "request 35 was sent twice"
    assert [each.number for each in proxy.exchanges if each.doubled] == [15, 35]
    assert [each.number for each in proxy.exchanges if each.dropped] == numbers


def test_without_losses_everything_is_passed_on_and_written_down(platform: Platform):
    with proxy_of(platform, NOTHING).running() as proxy:
        assert [ask(proxy, body=str(n).encode()) for n in range(25)] == list(range(1, 26))
        host = urlsplit(proxy.url).netloc
    assert platform.heard == [(host, "s", str(n).encode()) for n in range(25)], (
        "the host header is the client's"
    )
    first = proxy.exchanges[0]
    assert (first.path, first.key, first.signature, first.status) == ("redemptions", "k-1", "s", 201)
    assert (first.said, first.retry_after_s) == ({"count": 1}, 2.0) and first.answered_at >= first.at


@pytest.mark.parametrize("forward", [False, True])
def test_a_held_request_gets_no_answer(platform: Platform, forward: bool):
    """Whether or not the platform has heard it; the next one passes."""
    with proxy_of(platform, NOTHING).running() as proxy:
        with proxy.holding("redemptions", forward=forward) as hold:
            assert ask(proxy, "scans") == 1, "another path is not held"
            answers = list[int | None]()
            client = Thread(target=lambda: answers.append(ask(proxy)))
            client.start()
            assert hold.caught.wait(10)
            assert len(platform.heard) == 1 + forward
        client.join()
        assert answers == [None]
        assert ask(proxy) == 2 + forward


def test_a_platform_that_is_away_is_a_line_that_is_cut(platform: Platform):
    with Proxy(Terminal("http://127.0.0.1:1", "test_1", "secret"), NOTHING).running() as proxy:
        assert ask(proxy) is None
        assert proxy.exchanges[0].status is None
