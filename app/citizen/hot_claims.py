"""The claim door in front of Flask: the plain claim, answered in the web server's loop (design 3.1, hop 1).

It takes a request that is a claim to the letter: a citizen's session, a good key, the body `{}`. Everything else, and
every doubt, is left to the view in `routes.py`, which gives the same answers (tests/citizen/test_hot_claims.py).
What nobody can win is refused from memory; what somebody may win goes through the lane that the view uses, too.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from flask import Flask

from app import auth, clock, errors, logs, metrics, once, overload
from app.config import Settings
from app.domain.refusals import Refusal, Refused
from app.gate.memory import Memory
from app.vouchers.claim import Claim, Outcome, lane, most_in_a_group

METHOD, _, ROUTE = metrics.CLAIM.partition(" ")
PREFIX, SUFFIX = b"/api/v1/batches/", b"/claims"
TARGET = re.compile(re.escape(PREFIX) + b"bat_[0-9a-z]{26}" + re.escape(SUFFIX))
# What the gate says when memory is behind it.
NEWS = {Refusal.SOLD_OUT.code, Refusal.CAMPAIGN_PAUSED.code, Refusal.CLAIM_ENDED.code}
KEY = re.compile(once.KEY.pattern.encode())
BEARER = b"Bearer "
COUNT_EVERY_S = 0.25
# What is a request's own in the frequent refusals, and what stands for it in their forms.
MARKS: dict[str, str | int] = {
    "trace_id": "its-trace-id",
    "server_time": "its-server-time",
    "wait_ms": 2**61 + 1,
}


class Asked(NamedTuple):
    """A claim on its way."""

    citizen_id: str
    trace_id: str
    began_s: float
    answer: Callable[[bytes], None]


def init_app(app: Flask) -> None:
    """Stand where the web server's worker looks for a hot door."""
    app.extensions["hot_door"] = HotClaims(app)


class HotClaims:
    """One process's door."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        settings = cast("Settings", app.extensions["settings"])
        self._key = settings.secret_key
        self._places = cast("overload.Places", app.extensions["places"])
        self._moves_clock = settings.clock_offset_file is not None
        self._memory = Memory(app)
        self._most_gathered = most_in_a_group(app)
        self._served: deque[tuple[Asked, int, str, bytes]] = deque()
        self._is_flushing = False
        self._arrived: list[tuple[Claim, Callable[[Outcome], None]]] = []
        self._unanswered = 0  # of what was handed over
        self._loop: asyncio.AbstractEventLoop
        self._from_memory: Counter[tuple[int, str]] = Counter()

    def knows(self, method: bytes, target: bytes) -> bool:
        """A claim of a batch."""
        return method == b"POST" and TARGET.fullmatch(target) is not None

    def take(
        self,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        answer: Callable[[bytes], None],
    ) -> bool:
        """Answer it, at once or after its COMMIT; False when it is no plain claim."""
        began_s, head = time.perf_counter(), dict(headers)
        key = head.get(b"idempotency-key", b"")
        if (
            body != b"{}"
            or head.get(b"content-type") != b"application/json"
            or len(head) != len(headers)
            or not KEY.fullmatch(key)
        ):
            return False
        offset_ms = clock.offset_of(self._app) if self._moves_clock else 0
        citizen_id = self._citizen(head.get(b"authorization"), offset_ms)
        if citizen_id is None:
            return False
        proposed = head.get(b"x-request-id")
        trace_id = logs.proposed_trace_id(proposed.decode("latin-1")) if proposed else logs.new_trace_id()
        asked = Asked(citizen_id, trace_id, began_s, answer)
        batch_id = target[len(PREFIX) : -len(SUFFIX)].decode()
        refused = self._memory.refusal(batch_id, citizen_id, offset_ms)
        if refused is not None:
            self._refuse(asked, refused)
        else:
            self._queue(asked, Claim(citizen_id, batch_id, _write(citizen_id, key, target)))
        return True

    def _citizen(self, authorization: bytes | None, offset_ms: int) -> str | None:
        if authorization is None or not authorization.startswith(BEARER):
            return None
        token = authorization[len(BEARER) :]
        try:
            return auth.citizen_of(token, self._key, time.time_ns() // 1_000_000 + offset_ms)
        except Refused:
            return None  # the view says why

    def _refuse(self, asked: Asked, refused: Refused) -> None:
        """Nobody is asked, and nobody waits."""
        status, code, response = _refusal(refused, asked.trace_id)
        if not self._from_memory:
            asyncio.get_running_loop().call_later(COUNT_EVERY_S, self._count)
        self._from_memory[status, code] += 1
        asked.answer(response)

    def _count(self) -> None:
        for (status, code), times in self._from_memory.items():
            metrics.count_requests(metrics.CLAIM, status, code, (), times)
        self._from_memory.clear()

    def _queue(self, asked: Asked, wanted: Claim) -> None:
        if not self._places.enter(overload.Kind.CLAIM):
            self._refuse(asked, overload.turned_away())
            return
        if not self._arrived and not self._unanswered:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_over, 0)
        self._arrived.append((wanted, partial(self._hear, asked, wanted.batch_id)))

    def _hand_over(self, before: int) -> None:
        """As long as each turn of the loop brings more claims, wait one more: they shall be one group.

        Who comes while a group is served waits for its answers, and goes with those whom they bring back at once: two
        crowds that take turns would be two small groups for ever, each as dear as a large one (ADR 9).
        """
        if before < len(self._arrived) < self._most_gathered:
            self._loop.call_soon(self._hand_over, len(self._arrived))
            return
        arrived, self._arrived = self._arrived, []
        self._unanswered += len(arrived)
        self._places.show(overload.Kind.CLAIM, len(arrived))
        lane(self._app).submit(arrived)

    def _hear(self, asked: Asked, batch_id: str, outcome: Outcome) -> None:
        """In the lane's thread."""
        self._places.leave()
        status, code, response = _rendered(outcome, asked.trace_id)
        if code in NEWS:
            self._memory.nudge(batch_id)
        self._served.append((asked, status, code, response))
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        """Send what a group has decided, with one wake of the loop."""
        self._is_flushing = False
        lines: list[dict[str, Any]] = []
        timed: dict[tuple[int, str], list[float]] = defaultdict(list)
        while self._served:
            asked, status, code, response = self._served.popleft()
            asked.answer(response)
            took_s = time.perf_counter() - asked.began_s
            timed[status, code].append(took_s)
            lines.append(_line(asked, status, code, took_s))
        self._unanswered -= len(lines)
        if lines and self._arrived and not self._unanswered:
            self._loop.call_soon(self._hand_over, 0)
        self._places.show(overload.Kind.CLAIM, -len(lines))
        for (status, code), seconds in timed.items():
            metrics.count_requests(metrics.CLAIM, status, code, seconds, len(seconds))
        if logs.is_request_logged():
            logs.request_lines(lines)


def _write(citizen_id: str, key: bytes, target: bytes) -> once.Write:
    return once.Write(citizen_id, "claim", key.decode(), _hash_of_plain(target))


@lru_cache(1_000)
def _hash_of_plain(target: bytes) -> str:
    return once.request_hash(target.decode(), {})


def _line(asked: Asked, status: int, code: str, took_s: float) -> dict[str, Any]:
    return {
        "trace_id": asked.trace_id,
        "method": METHOD,
        "route": ROUTE,
        "status": status,
        "caller": asked.citizen_id,
        "code": code,
        "ms": round(took_s * 1000, 1),
    }


def _rendered(outcome: Outcome, trace_id: str) -> tuple[int, str, bytes]:
    """Status, code and response of what the lane decided."""
    try:
        if isinstance(outcome, Exception):
            raise outcome
        answer = once.final(outcome)
    except Refused as refused:
        errors.log_cause(refused, trace_id)
        return _refusal(refused, trace_id)
    except Exception as error:
        errors.log_unexpected(error, trace_id)
        return _refusal(Refused(Refusal.UNAVAILABLE), trace_id)
    told = f"{answer.text}\n".encode()
    head = _head(answer.status, answer.replayed) % (len(told), trace_id)
    return answer.status, "-", head.encode() + told


@lru_cache
def _head(status: int, replayed: bool) -> str:
    """The head of an effect's answer, with places for its length and trace id."""
    headers = {"Content-Type": "application/json", **once.rendered(once.Answer(status, replayed=replayed))[2]}
    return _with_places(status, headers)


def _refusal(refused: Refused, trace_id: str) -> tuple[int, str, bytes]:
    """Status, code and response of a refusal; the frequent ones fill in a form."""
    refusal, facts = refused.refusal, refused.facts
    form = _form(refusal, "wait_ms" in facts) if facts.keys() <= MARKS.keys() else None
    if form is None:
        text, status, headers = errors.rendered(refusal, facts, trace_id)
        return status, refusal.code, _response(status, headers, text, trace_id)
    status, head, body = form
    told = body % {"trace_id": trace_id, **facts}
    return status, refusal.code, (head % (len(told), trace_id) + told).encode()


@lru_cache
def _form(refusal: Refusal, waits: bool) -> tuple[int, str, str] | None:
    """Status, head and body of a refusal, with places for what is each request's own; None where chance is in it."""
    facts = {name: mark for name, mark in MARKS.items() if waits and name != "trace_id"}
    text, status, headers = errors.rendered(refusal, facts, str(MARKS["trace_id"]))
    if status in (429, 503):
        return None
    text = text.replace("%", "%%")
    for name, mark in MARKS.items():
        text = text.replace(str(mark), f"%({name})s")
    return status, _with_places(status, headers), text


def _with_places(status: int, headers: dict[str, str]) -> str:
    """The head of an answer, with places for its length and trace id; none of our headers has a per cent in it."""
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
    return f"{_status_line(status)}{lines}content-length: %d\r\nx-request-id: %s\r\n\r\n"


def _response(status: int, headers: dict[str, str], text: str, trace_id: str) -> bytes:
    body = text.encode()
    return (_with_places(status, headers) % (len(body), trace_id)).encode() + body


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
