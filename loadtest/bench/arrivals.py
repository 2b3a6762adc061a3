"""Open arrivals: every request has its instant beforehand, and its latency counts from there, not from when a
connection was free (so a stall of the server is charged to all who had to wait). Greenlets where answers are read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median, quantiles

import gevent

from loadtest.bench.fire import HOST, NoNumber
from loadtest.bench.open_loop import OpenLoop
from loadtest.replay.wire import Reply, Wire

LATE_S, LATE_AT_MOST = 0.05, 0.01
FIRST = -10
CONNECTIONS = 128
BODY = b"{}"


@dataclass(frozen=True)
class Visit:
    """One request: due and answered when (epoch s), started how late (s), and what came."""

    due: float
    done: float
    late_s: float
    reply: Reply

    @property
    def latency_s(self) -> float:
        """From the instant it was due."""
        return self.done - self.due


@dataclass
class Crowd:
    """Citizens with a session each, on as many kept connections as they need at once."""

    port: int
    path: str
    tokens: Sequence[str]
    prefix: str
    _idle: list[Wire] = field(default_factory=list)

    def ask(self, number: int, due: float) -> Visit:
        """This citizen claims; the key is always the same, so asking again is a repetition."""
        wire = self._idle.pop() if self._idle else Wire(self.port, HOST)
        started = time.time()
        reply = wire.ask("POST", self.path, self._headers(number), BODY)
        self._idle.append(wire)
        return Visit(due, time.time(), started - due, reply)

    def one_after_another(self, numbers: Sequence[int]) -> list[Visit]:
        """One client, no waiting line."""
        return [self.ask(number, time.time()) for number in numbers]

    def side_by_side(self, numbers: Sequence[int], clients: int) -> list[Visit]:
        """So many clients, each sending its next request when the last is answered."""
        line, visits = iter(numbers), []

        def client() -> None:
            for number in line:
                visits.append(self.ask(number, time.time()))  # noqa: PERF401  # many clients, one list

        gevent.joinall([gevent.spawn(client) for _ in range(clients)], raise_error=True)
        return visits

    def open(self, numbers: Sequence[int], per_s: float) -> list[Visit]:
        """Arrivals at this rate, whatever the answers do; what the replies say is not read."""
        return arrived(
            self.port, [(place / per_s, self.request(number)) for place, number in enumerate(numbers)]
        )

    def request(self, number: int) -> bytes:
        """This citizen's claim, as it is sent."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{self._headers(number)}"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY

    def _headers(self, number: int) -> str:
        return (
            f"Authorization: Bearer {self.tokens[number]}\r\nIdempotency-Key: {self.prefix}{number:06d}\r\n"
        )

    def until(self, numbers: Sequence[int], stop_at: float, pause_s: float) -> list[Visit]:
        """Everybody presses again and again until this instant (epoch s), or until told yes."""
        visits: list[Visit] = []

        def citizen(number: int) -> None:
            while time.time() < stop_at:
                visits.append(visit := self.ask(number, time.time()))
                if visit.reply.status < 300:
                    return
                gevent.sleep(pause_s)

        gevent.joinall([gevent.spawn(citizen, number) for number in numbers], raise_error=True)
        return visits

    def hang_up(self) -> None:
        """Close every connection."""
        for wire in self._idle:
            wire.close()


def arrived(port: int, schedule: Sequence[tuple[float, bytes]]) -> list[Visit]:
    """Requests at their instants (s from the beginning), in order, whatever the answers do."""
    loop = OpenLoop(port, CONNECTIONS)
    try:
        with first_at_the_cores():
            arrivals = loop.send(schedule)
    finally:
        loop.close()
    return [Visit(each.due, each.done, each.sent - each.due, Reply(each.status, {})) for each in arrivals]


@contextmanager
def first_at_the_cores() -> Iterator[None]:
    """A generator that waits for a core behind what it measures would measure itself. Where nobody may ask: as ever."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


def p99_s(visits: Sequence[Visit]) -> float:
    """The 99th percentile of latency."""
    return quantiles([visit.latency_s for visit in visits], n=100)[98]


def middle_s(visits: Sequence[Visit]) -> float:
    """The median latency."""
    return median(visit.latency_s for visit in visits)


def on_time(what: str, visits: Sequence[Visit]) -> None:
    """Raises NoNumber when more than one per cent started late: then the generator was measured, not the server."""
    late = sum(visit.late_s > LATE_S for visit in visits) / len(visits)
    if late > LATE_AT_MOST:
        raise NoNumber(f"{what}: {late:.1%} of the arrivals started late: the generator is too slow")


def count(visits: Sequence[Visit], meets: Callable[[Visit], bool]) -> int:
    """How many meet this."""
    return sum(map(meets, visits))
