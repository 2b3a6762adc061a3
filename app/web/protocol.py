"""HTTP/1.1 by uvicorn. What a hot door takes is answered without ASGI, threads and Flask, everything else as ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from typing import Protocol as Form

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEADER_BYTES = 32 * 1024
MOST_HOT_BODY_BYTES = 4 * 1024

Headers = Sequence[tuple[bytes, bytes]]


class HotDoor(Form):
    """What stands in front of the application. It may leave any request to the application."""

    def knows(self, method: bytes, target: bytes) -> bool:
        """Whether this may be one of its requests, as the request line tells."""

    def take(self, target: bytes, headers: Headers, body: bytes, answer: Callable[[bytes], None]) -> bool:
        """Take a request; then `answer` gets the whole response, once, now or later, in the loop's thread.

        False leaves it to the application.
        """


class _NobodyWaits:
    def set(self) -> None:
        """Whoever answers a hot request learns from `disconnected` that the client has gone."""


NOBODY_WAITS = _NobodyWaits()


class Turn:
    """A request in the hands of the hot door. To uvicorn it looks like any other that is being answered."""

    def __init__(self, protocol: Protocol, keep_alive: bool) -> None:
        self._protocol = protocol
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.message_event = NOBODY_WAITS

    def answer(self, response: bytes) -> None:
        """Send it; the connection goes on with what the client has sent meanwhile."""
        self.response_complete = True
        if self.disconnected:
            return
        transport = self._protocol.transport
        if self.keep_alive:
            transport.write(response)
        else:
            transport.write(response.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))
            transport.close()
        self._protocol.on_response_complete()


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, hot_doors: Sequence[HotDoor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hot_doors = hot_doors
        self._hot_door: HotDoor | None = None  # that may take this request
        self._hot_body: bytes | None = None  # of a request that the hot door may take
        self._header_bytes = 0
        self._idle_since = 0.0

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._hot_body = None
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of its target."""
        self._header_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers. Raising ends the connection with a 400: nobody of ours sends so much."""
        name = name.lower()
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEADER_BYTES:
            raise ValueError("the head of the request is too long")
        if name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Everything but its body is here."""
        self._hot_door = self._found()
        if self._hot_door is not None:
            self._hot_body = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        if self._hot_body is None:
            super().on_body(body)
        elif len(self._hot_body) + len(body) <= MOST_HOT_BODY_BYTES:
            self._hot_body += body
        else:
            self._leave_to_application(self._hot_body + body)

    def on_message_complete(self) -> None:
        """All of it is here."""
        if self._hot_body is not None and not self._taken(self._hot_body):
            self._leave_to_application(self._hot_body)
        if self._hot_body is None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The connection's next request may begin. One timer a connection watches it being idle, not one a request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        """Only a connection that is gone needs no watching."""
        if self.transport.is_closing():
            super()._unset_keepalive_if_required()

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            return  # it is watched again when that is answered
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._watch(left_s)
        else:
            self.transport.close()

    def _found(self) -> HotDoor | None:
        waits = self.cycle is not None and not self.cycle.response_complete
        if waits or self.expect_100_continue or self.parser.should_upgrade():
            return None
        method, target = self.parser.get_method(), self.url
        for door in self._hot_doors:
            if door.knows(method, target):
                return door
        return None

    def _taken(self, body: bytes) -> bool:
        assert self._hot_door is not None
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        turn = Turn(self, keep_alive)
        before, self.cycle = self.cycle, turn  # type: ignore[assignment]
        if self._hot_door.take(self.url, self.headers, body, turn.answer):
            return True
        self.cycle = before
        return False

    def _leave_to_application(self, body: bytes) -> None:
        self._hot_body = None
        super().on_headers_complete()
        if body:
            super().on_body(body)
