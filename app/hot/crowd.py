"""A crowd at a hot door: who arrives while a group is served waits for the next one, and is answered with it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar, cast

from flask import Flask

from app import logs, metrics, overload
from app.courtesy import Courtesy
from app.domain.refusals import Refused
from app.hot import answers
from app.hot.answers import Told

Item = TypeVar("Item")
Out = TypeVar("Out")
COUNT_EVERY_S = 0.25
COME_BACK_S = 0.001


class Asked(NamedTuple):
    """A request on its way, and where its answer goes."""

    trace_id: str
    began_s: float
    answer: Callable[[bytes], None]


def asked(proposed: bytes | None, answer: Callable[[bytes], None]) -> Asked:
    """A request that begins now; `proposed` is its `X-Request-Id`."""
    trace_id = logs.proposed_trace_id(proposed.decode("latin-1")) if proposed else logs.new_trace_id()
    return Asked(trace_id, time.perf_counter(), answer)


class Crowd(Generic[Item, Out]):
    """Those who want the same of one process, in the web server's loop.

    `route` is `METHOD /rule` as the URL map has it. `submit` gives a group to a lane (`commit.Lane.submit`), whose
    thread says each one's outcome; `tell` turns it into an answer, in that thread. `most` fit into a group. Those who
    claim give way to a crowd with `courtesy`.
    """

    def __init__(
        self,
        app: Flask,
        route: str,
        kind: overload.Kind,
        submit: Callable[[list[tuple[Item, Callable[[Out | Exception], None]]]], None],
        tell: Callable[[Asked, Item, Out | Exception], Told],
        most: int,
        courtesy: Courtesy | None = None,
    ) -> None:
        self._route, self._kind = route, kind
        self._method, _, self._rule = route.partition(" ")
        self._submit, self._tell, self._most = submit, tell, most
        self._courtesy = courtesy
        self._places = cast("overload.Places", app.extensions["places"])
        self._served: deque[tuple[Asked, Told]] = deque()
        self._is_flushing = False
        self._arrived: list[tuple[Item, Callable[[Out | Exception], None]]] = []
        self._unanswered = 0  # of what was handed over
        self._expected = 0  # as many as the last group was
        self._loop: asyncio.AbstractEventLoop
        self._refused: Counter[tuple[int, str]] = Counter()

    def refuse(self, asked: Asked, refused: Refused) -> None:
        """Answer from memory: nobody is asked, and nobody waits."""
        status, code, response, _ = answers.refusal(refused, asked.trace_id, "-")
        if not self._refused:
            asyncio.get_running_loop().call_later(COUNT_EVERY_S, self._count)
        self._refused[status, code] += 1
        asked.answer(response)

    def queue(self, asked: Asked, wanted: Item) -> None:
        """Answer it after its group was served; turned away at once where no place is left."""
        if not self._places.enter(self._kind):
            self.refuse(asked, overload.turned_away())
            return
        if self._courtesy:
            self._courtesy.begin()
        if not self._arrived and not self._unanswered:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_over, 0)
        self._arrived.append((wanted, partial(self._hear, asked, wanted)))

    def _count(self) -> None:
        for (status, code), times in self._refused.items():
            metrics.count_requests(self._route, status, code, (), times)
        self._refused.clear()

    def _hand_over(self, before: int) -> None:
        """As long as each turn of the loop brings more of them, wait one more: they shall be one group.

        Who comes while a group is served waits for its answers, and goes with those whom they bring back at once: two
        crowds that take turns would be two small groups for ever, each as dear as a large one (ADR 9). Who was answered
        a moment ago is expected back, and for whoever is missing there is one short wait.
        """
        here = len(self._arrived)
        if before < here < self._most:
            self._loop.call_soon(self._hand_over, here)
            return
        if here < self._expected:
            self._expected = here
            self._loop.call_later(COME_BACK_S, self._hand_over, here)
            return
        self._expected = here
        arrived, self._arrived = self._arrived, []
        self._unanswered += len(arrived)
        self._places.show(self._kind, len(arrived))
        self._submit(arrived)

    def _hear(self, asked: Asked, wanted: Item, outcome: Out | Exception) -> None:
        """In the lane's thread."""
        self._places.leave()
        self._served.append((asked, self._tell(asked, wanted, outcome)))
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        """Send what a group has decided, with one wake of the loop: also what is decided while this is at it."""
        lines: list[dict[str, Any]] = []
        timed: dict[tuple[int, str], list[float]] = defaultdict(list)
        try:
            while self._served:
                asked, told = self._served.popleft()
                asked.answer(told.response)
                took_s = time.perf_counter() - asked.began_s
                timed[told.status, told.code].append(took_s)
                lines.append(self._line(asked, told, took_s))
        finally:
            self._is_flushing = False
            if self._served:  # since the last look, by who saw that this was at it
                self._loop.call_soon(self._flush)
        self._unanswered -= len(lines)
        if self._courtesy and lines:
            self._courtesy.end(len(lines))
        if lines and self._arrived and not self._unanswered:
            self._loop.call_soon(self._hand_over, 0)
        self._places.show(self._kind, -len(lines))
        for (status, code), seconds in timed.items():
            metrics.count_requests(self._route, status, code, seconds, len(seconds))
        if logs.is_request_logged():
            logs.request_lines(lines)

    def _line(self, asked: Asked, told: Told, took_s: float) -> dict[str, Any]:
        return {
            "trace_id": asked.trace_id,
            "method": self._method,
            "route": self._rule,
            "status": told.status,
            "caller": told.caller,
            "code": told.code,
            "ms": round(took_s * 1000, 1),
        }
