"""Open arrivals by one loop over sockets that were connected and requests that were written beforehand.

A generator that parses each answer, or hands each request to a thread of its own, is late when a group of answers comes
at once. Here an answer costs a read, a look at its status and a note of the time; before each, what is due is sent.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.bench.fire import HOST, NoNumber

PATIENCE_S = 30.0
LONGEST_PIECE = 65_536
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Arrival:
    """One request: due, sent and answered when (s, monotonic), and the status; 0 while there is none.

    `answer`: what has come of it, until it is whole.
    """

    due: float
    sent: float = 0.0
    done: float = 0.0
    status: int = 0
    answer: bytes = b""


class OpenLoop:
    """So many kept connections; a request takes a free one, and dials where none is."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._idle = [self._dialled() for _ in range(connections)]
        self._under_way = 0

    def send(self, schedule: Sequence[tuple[float, bytes]]) -> list[Arrival]:
        """Send each at its instant (s from now), whatever the answers do. Raises NoNumber when answers stay away."""
        began = time.monotonic() + 0.05
        arrivals = [Arrival(began + after_s) for after_s, _ in schedule]
        following, give_up_at = 0, arrivals[-1].due + PATIENCE_S
        while following < len(schedule) or self._under_way:
            now = time.monotonic()
            if now > give_up_at:
                raise NoNumber(f"open arrivals: {self._under_way} without an answer")
            while following < len(schedule) and arrivals[following].due <= now:
                self._ask(arrivals[following], schedule[following][1])
                following += 1
            wait_s = arrivals[following].due - time.monotonic() if following < len(schedule) else 0.1
            for key, _ in self._selector.select(max(0.0, wait_s)):
                self._hear(key.fileobj, key.data)  # type: ignore[arg-type]
                if following < len(schedule) and arrivals[following].due <= time.monotonic():
                    break  # the others can wait, arrivals do not
        return arrivals

    def close(self) -> None:
        """Hang up."""
        for connection in self._idle:
            connection.close()
        self._selector.close()

    def _dialled(self) -> socket.socket:
        connection = socket.create_connection((HOST, self._port), PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _free(self) -> socket.socket:
        """A kept one; servers hang up those that rest for long."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            connection.close()
        return self._dialled()

    def _ask(self, arrival: Arrival, request: bytes) -> None:
        connection = self._free()
        arrival.sent = time.monotonic()
        connection.sendall(request)
        self._under_way += 1
        self._selector.register(connection, selectors.EVENT_READ, arrival)

    def _hear(self, connection: socket.socket, arrival: Arrival) -> None:
        """A long answer comes in pieces; done is when its last one is here."""
        piece = connection.recv(LONGEST_PIECE)
        if not piece:
            raise NoNumber(f"open arrivals: half an answer: {arrival.answer[:100]!r}")
        arrival.answer += piece
        if not _is_whole(arrival.answer):
            return
        arrival.done, arrival.status, arrival.answer = time.monotonic(), int(arrival.answer[9:12]), b""
        self._under_way -= 1
        self._selector.unregister(connection)
        self._idle.append(connection)


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:  # nothing to read, not even an end
        return True
    finally:
        connection.settimeout(PATIENCE_S)


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
