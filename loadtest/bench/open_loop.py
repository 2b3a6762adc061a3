"""Open arrivals by one loop over sockets that were connected and requests that were written beforehand.

A generator that parses each answer, or hands each request to a thread of its own, is late when a group of answers comes
at once. Here an answer costs a read, a look at its status and a note of the time; before each, what is due is sent.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.bench.fire import HOST, NoNumber

PATIENCE_S = 30.0
LONGEST_ANSWER = 65_536


@dataclass(slots=True)
class Arrival:
    """One request: due, sent and answered when (s, monotonic), and the status; 0 while there is none."""

    due: float
    sent: float = 0.0
    done: float = 0.0
    status: int = 0


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

    def _ask(self, arrival: Arrival, request: bytes) -> None:
        connection = self._idle.pop() if self._idle else self._dialled()
        arrival.sent = time.monotonic()
        connection.sendall(request)
        self._under_way += 1
        self._selector.register(connection, selectors.EVENT_READ, arrival)

    def _hear(self, connection: socket.socket, arrival: Arrival) -> None:
        """Our answers come in one piece: they are shorter than a segment of the loopback."""
        answer = connection.recv(LONGEST_ANSWER)
        arrival.done, arrival.status = time.monotonic(), int(answer[9:12] or 0)
        if b"\r\n\r\n" not in answer:
            raise NoNumber(f"open arrivals: half an answer: {answer[:100]!r}")
        self._under_way -= 1
        self._selector.unregister(connection)
        self._idle.append(connection)
