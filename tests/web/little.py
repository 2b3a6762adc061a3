"""A little WSGI application with a hot door, to be served by the platform's worker class."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

# Frameworks keep what belongs to a request in such variables.
SERVED: ContextVar[bytes] = ContextVar("served")
HOT = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhot"


class Door:
    """Takes POST /hot: at once, or after the seconds that the body says; leaves the body `leave` to the application."""

    def knows(self, method: bytes, target: bytes) -> bool:
        """By the request line."""
        return method == b"POST" and target == b"/hot"

    def take(self, _target: bytes, _headers: Any, body: bytes, answer: Callable[[bytes], None]) -> bool:
        """Now, later, or not at all."""
        if body == b"leave" or len(body) > 100:
            return False
        if body:
            asyncio.get_running_loop().call_later(float(body), answer, HOT)
        else:
            answer(HOT)
        return True


class Little:
    """Echoes what it was sent, or streams, or fails, by the path."""

    def __init__(self) -> None:
        self.extensions = {"hot_doors": [Door()]}
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """One request."""
        match environ["PATH_INFO"]:
            case "/stream":
                SERVED.set(b"three")
                start("200 OK", [])
                return Pieces(self)
            case "/closed":
                return self._text(start, str(self.closed))
            case "/fails":
                raise ValueError("it fails")
            case "/slow":
                time.sleep(0.3)
        body = environ["wsgi.input"].read()
        told = {name: value for name, value in environ.items() if isinstance(value, str)}
        return self._text(start, json.dumps({**told, "length": len(body), "head": body[:20].decode()}))

    def _text(self, start: Callable[..., Any], text: str) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", str(len(text.encode())))])
        return [text.encode()]


class Pieces:
    """Three pieces, one after the other; knows when it was closed."""

    def __init__(self, of: Little) -> None:
        self._of = of

    def __iter__(self) -> Iterator[bytes]:
        """One, two, three."""
        for word in (b"one ", b"two "):
            time.sleep(0.02)
            yield word
        yield SERVED.get()

    def close(self) -> None:
        """PEP 3333: called at the end."""
        self._of.closed += 1


application = Little()
