"""A receiver of webhooks on this machine: it remembers what it got, and answers as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.domain import webhook


@dataclass(frozen=True)
class Message:
    """What came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        """The id under which the receiver knows it."""
        return self.headers["webhook-id"]

    def is_signed_by(self, secret: str) -> bool:
        """Whether one of its signatures is by this secret."""
        stamp = int(self.headers["webhook-timestamp"])
        mine = webhook.signature(secret, self.event_id, stamp, self.body)
        return mine in self.headers["webhook-signature"].split()


@dataclass
class Receiver:
    """`status` answers everything, or an id of `answers`; `drips` sends a header a while, and never an end."""

    port: int
    status: int = 204
    drips: bool = False
    answers: dict[str, int] = field(default_factory=dict)
    got: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/in"


@contextmanager
def receiver(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listens on this port, or on a free one, while the block runs; with a context by TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = Message({name.lower(): word for name, word in self.headers.items()}, body)
            told.got.append(message)
            if told.drips:
                self._drip()
                return
            self.send_response(told.answers.get(message.event_id, told.status))
            self.send_header("Location", told.url)
            self.end_headers()

        def _drip(self) -> None:
            for _ in range(100):
                self.wfile.write(b"X")
                time.sleep(0.05)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    told = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
