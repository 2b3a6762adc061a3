"""One message to an address that somebody else named (OWASP API7): nothing inside can be reached by it.

The name is resolved once, every address it has is checked, and the connection goes to a checked one, so a name that
means something else a moment later changes nothing. No redirect is followed, no body is read, no wait is long.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from app.domain import webhook
from app.domain.webhook import Network

EACH_S = 3.0
WHOLE_S = 8.0


class NotReached(Exception):
    """There is nobody there whom a message may be sent to; says why in one word."""


@dataclass(frozen=True)
class Reply:
    """The receiver's status, or in one word why there is none or why it does not count."""

    status: int | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        """The receiver has it."""
        return self.error is None


def post(url: str, headers: Mapping[str, str], body: bytes, allowed: Sequence[Network]) -> Reply:
    """Send it once. `allowed` are networks that may be reached although they are not public."""
    parts = urlsplit(url)
    try:
        status = _status(parts, checked(parts, allowed), headers, body)
    except NotReached as error:
        return Reply(error=str(error))
    except ssl.SSLError:
        return Reply(error="tls")
    except TimeoutError:
        return Reply(error="timeout")
    except (OSError, http.client.HTTPException):
        return Reply(error="connection")
    if 300 <= status < 400:
        return Reply(status, "redirect")
    return Reply(status, None if 200 <= status < 300 else "status")


def checked(parts: SplitResult, allowed: Sequence[Network]) -> str:
    """The address to connect to. Raises NotReached where the name has none, or a single one that is not allowed."""
    try:
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached("name") from error
    addresses = [str(address[0]) for *_, address in found]
    if not all(webhook.may_reach(address, allowed) for address in addresses):
        raise NotReached("private_address")
    return addresses[0]


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _status(parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes) -> int:
    """Whatever a receiver does, it takes `WHOLE_S` seconds at the most."""
    line = socket.create_connection((address, _port(parts)), EACH_S)
    name, lines = parts.hostname or "", [line]
    watch = Timer(WHOLE_S, lambda: _cut(lines[-1]))
    watch.start()
    try:
        if parts.scheme == "https":
            safe = _trusted().wrap_socket(line, server_hostname=name, do_handshake_on_connect=False)
            lines.append(safe)
            safe.do_handshake()
        connection = http.client.HTTPConnection(name, _port(parts))
        connection.sock = lines[-1]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc})
        return connection.getresponse().status
    finally:
        watch.cancel()
        lines[-1].close()


def _cut(line: socket.socket) -> None:
    """End it under whoever waits for it, in the middle of a handshake, too."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()
