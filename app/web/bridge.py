"""WSGI behind the event loop: one thread a request, of as many as requests may be worked on at once."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from urllib.parse import unquote_to_bytes

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Who is one too many is told so by the application itself (app/overload.py), so it must reach it.
THREADS = 640
BODY_PATIENCE_S = 30.0


class Bridge:
    """A WSGI application as an ASGI one. Bodies are read when the application reads them."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        loop = asyncio.get_running_loop()
        body = Body(await receive(), receive, loop)
        call = Call(self._application, environ_of(scope, body))
        # Its pieces may be made by several threads, one after the other; what its framework remembers stays with it.
        inside = copy_context().run
        first = await loop.run_in_executor(self._threads, inside, call.begin)
        await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        while call.has_more:
            await send({"type": "http.response.body", "body": first, "more_body": True})
            first = await loop.run_in_executor(self._threads, inside, call.go_on)
        await send({"type": "http.response.body", "body": first})


class Call:
    """One call of a WSGI application (PEP 3333). An answer in one piece, the usual one, needs its thread once."""

    def __init__(self, application: Callable[..., Iterable[bytes]], environ: Message) -> None:
        self._application, self._environ = application, environ
        self._answer: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self._next: bytes | None = None
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []

    @property
    def has_more(self) -> bool:
        """Whether `go_on` has to be called."""
        return self._next is not None

    def begin(self) -> bytes:
        """Call it; returns the first piece of the answer."""
        self._answer = self._application(self._environ, self._start)
        self._pieces = iter(self._answer)
        self._look_ahead()
        return self.go_on() if self.has_more else b""

    def go_on(self) -> bytes:
        """The next piece."""
        piece = self._next or b""
        self._look_ahead()
        return piece

    def _look_ahead(self) -> None:
        """Know the piece after this one. At the end, and when the application fails, its answer is closed."""
        try:
            self._next = next(self._pieces, None)
        except BaseException:
            self._close()
            raise
        if self._next is None:
            self._close()

    def _start(
        self, status: str, headers: list[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], Any]:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _refuse_write

    def _close(self) -> None:
        close = getattr(self._answer, "close", None)
        if close is not None:
            close()


class Body(io.RawIOBase):
    """`wsgi.input`: what has arrived is here, the rest is fetched from the loop when it is read."""

    def __init__(self, message: Message, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive, self._loop = receive, loop
        self._here = b""
        self._take(message)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes that fit, 0 at the end of the body. Raises TimeoutError when the client stops sending."""
        while not self._here and self._more:
            fetched = asyncio.run_coroutine_threadsafe(_one(self._receive), self._loop)
            self._take(fetched.result(BODY_PATIENCE_S))
        count = min(len(buffer), len(self._here))
        buffer[:count] = self._here[:count]
        self._here = self._here[count:]
        return count

    def _take(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            self._more = False
            return
        self._here += message.get("body", b"")
        self._more = message.get("more_body", False)


async def _one(receive: Receive) -> Message:
    return await receive()


def _refuse_write(_data: bytes) -> None:
    raise NotImplementedError("the write() of PEP 3333 is for frameworks older than WSGI")


def environ_of(scope: Message, body: Body) -> Message:
    """The environment of PEP 3333, with `RAW_URI` for who signs what was sent."""
    raw_path, query = scope["raw_path"].decode("ascii", "replace"), scope["query_string"].decode("latin-1")
    server, client = scope.get("server") or ("", None), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": f"{raw_path}?{query}" if query else raw_path,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name, value)
    return environ


def _add_header(environ: Message, name: bytes, value: bytes) -> None:
    """A name with an underscore would pass for the one with a dash, so it is left out."""
    if b"_" in name:
        return
    word = name.decode("latin-1").upper().replace("-", "_")
    word = word if word in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{word}"
    text = value.decode("latin-1")
    environ[word] = f"{environ[word]},{text}" if word in environ else text
