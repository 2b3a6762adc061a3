"""Between the client and the platform, on loopback: it writes down what the client sends, and can lose and double.

The platform gets every request as it was sent, the Host header too, so signatures stay right. A doubled request has the
same nonce both times: the platform stores no nonces, the idempotency key is what makes it one.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from loadtest.certify.sandbox import Terminal

HOST = "127.0.0.1"
OF_THE_HOP = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
HELD_S = 60.0


@dataclass(frozen=True)
class Losses:
    """What goes wrong on the way, counted in requests as they arrive; 0: never.

    Of 10 and 20: the replies to the requests 10, 20, 30, … are dropped after the platform has answered; the requests
    15, 35, 55, … are sent twice and the second reply is handed on. So no reply that was doubled is dropped.
    """

    drop_each: int = 0
    double_each: int = 0

    def drops(self, number: int) -> bool:
        """Whether the client never hears the answer to this request."""
        return self.drop_each > 0 and number % self.drop_each == 0

    def doubles(self, number: int) -> bool:
        """Whether the platform hears this request twice."""
        after = self.drop_each + self.drop_each // 2
        return self.double_each > 0 and number % self.double_each == after % self.double_each


@dataclass
class Exchange:
    """One request of the client and what it got; `status` is None where it got nothing. Instants are monotonic."""

    number: int
    at: float
    method: str
    target: str
    key: str
    body: bytes
    signature: str
    doubled: bool = False
    dropped: bool = False
    status: int | None = None
    said: dict[str, Any] = field(default_factory=dict)
    retry_after_s: float = 0.0
    answered_at: float = 0.0

    @property
    def path(self) -> str:
        """Below /merchant/v1/, without the query."""
        return self.target.partition("?")[0].removeprefix("/merchant/v1/")


@dataclass
class Hold:
    """The next request to a path is kept from its answer; `forward`: the platform hears it all the same."""

    path: str
    forward: bool
    caught: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)


@dataclass(frozen=True)
class Reply:
    """What the platform said."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes


class Proxy:
    """Listens on a port of its own in front of one platform."""

    def __init__(self, platform: Terminal, losses: Losses) -> None:
        self._platform, self._losses = platform, losses
        self._lock, self._hold = Lock(), list[Hold]()
        self.exchanges = list[Exchange]()
        self._server = ThreadingHTTPServer((HOST, 0), _door(self))
        self.url = f"http://{HOST}:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """It answers inside."""
        thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    @contextmanager
    def holding(self, path: str, *, forward: bool) -> Iterator[Hold]:
        """Keep the next request to this path without an answer for as long as the block lasts."""
        hold = Hold(path, forward)
        self._hold.append(hold)
        try:
            yield hold
        finally:
            hold.over.set()
            with suppress(ValueError):  # it was caught
                self._hold.remove(hold)

    def serve(self, door: BaseHTTPRequestHandler) -> None:
        """Write down, pass on, and hand the answer on unless it is lost."""
        if "Transfer-Encoding" in door.headers:
            door.send_error(411)  # what is signed is a body of known length
            return
        exchange, hold = self._begin(door)
        reply = None
        if hold is None or hold.forward:
            reply = self._pass_on(exchange, door)
        if hold is not None:
            hold.caught.set()
            hold.over.wait(HELD_S)
        exchange.dropped = hold is None and self._losses.drops(exchange.number)
        if reply is None or hold is not None or exchange.dropped:
            _hang_up(door)
            return
        exchange.said = _object(reply.content)
        exchange.retry_after_s = float(dict(reply.headers).get("retry-after", 0))
        exchange.status, exchange.answered_at = reply.status, time.monotonic()
        _hand_on(door, reply)

    def _begin(self, door: BaseHTTPRequestHandler) -> tuple[Exchange, Hold | None]:
        body = door.rfile.read(int(door.headers.get("Content-Length") or 0))
        signed = door.headers.get("Signature") or door.headers.get("Authorization") or ""
        key = (door.headers.get("Idempotency-Key") or "").strip().strip('"')
        with self._lock:
            number = len(self.exchanges) + 1
            made = Exchange(number, time.monotonic(), door.command, door.path, key, body, signed)
            self.exchanges.append(made)
            found = next((hold for hold in self._hold if hold.path == made.path), None)
            if found is not None:
                self._hold.remove(found)
        made.doubled = found is None and self._losses.doubles(made.number)
        return made, found

    def _pass_on(self, exchange: Exchange, door: BaseHTTPRequestHandler) -> Reply | None:
        """The platform's answer, the second one where the request is sent twice; None without one."""
        try:
            if exchange.doubled:
                self._ask(exchange, door)
            return self._ask(exchange, door)
        except (OSError, http.client.HTTPException):
            return None

    def _ask(self, exchange: Exchange, door: BaseHTTPRequestHandler) -> Reply:
        connection = self._platform.connect(HELD_S)
        try:
            connection.putrequest(exchange.method, exchange.target, skip_host=True, skip_accept_encoding=True)
            for name, value in door.headers.items():
                if name.lower() not in OF_THE_HOP:
                    connection.putheader(name, value)
            connection.endheaders(exchange.body or None)
            got = connection.getresponse()
            return Reply(got.status, [(name.lower(), value) for name, value in got.getheaders()], got.read())
        finally:
            connection.close()


def _door(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            proxy.serve(self)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Door


def _hand_on(door: BaseHTTPRequestHandler, reply: Reply) -> None:
    with suppress(OSError):  # the client has gone
        door.send_response_only(reply.status)
        for name, value in reply.headers:
            if name not in OF_THE_HOP and name != "content-length":
                door.send_header(name, value)
        door.send_header("Content-Length", str(len(reply.content)))
        door.end_headers()
        door.wfile.write(reply.content)


def _hang_up(door: BaseHTTPRequestHandler) -> None:
    door.close_connection = True
    with suppress(OSError):  # the client was faster
        door.connection.shutdown(socket.SHUT_RDWR)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
