"""Answers as the bytes that go to the client, equal to what a view sends; frequent ones fill in a form."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from operator import attrgetter
from typing import NamedTuple

from app import errors, once
from app.domain.refusals import Refusal, Refused

# What is a request's own in the frequent refusals, and what stands for it in their forms.
MARKS: dict[str, str | int] = {
    "trace_id": "its-trace-id",
    "server_time": "its-server-time",
    "wait_ms": 2**61 + 1,
}


class Told(NamedTuple):
    """An answer: its status, the refusal's code or `-`, the whole response, and whose request it was."""

    status: int
    code: str
    response: bytes
    caller: str


def outcome(
    decided: once.Answer | Exception,
    trace_id: str,
    caller: str,
    more: str = "",
    written: Callable[[once.Answer], str] = attrgetter("text"),
) -> Told:
    """What a lane decided.

    `more`: whole header lines of this request's own, each with its line end; `written` gives the body of an effect.
    """
    try:
        if isinstance(decided, Exception):
            raise decided
        answer = once.final(decided)
        text = written(answer)
    except Refused as refused:
        errors.log_cause(refused, trace_id)
        return refusal(refused, trace_id, caller, more)
    except Exception as error:
        errors.log_unexpected(error, trace_id)
        return refusal(Refused(Refusal.UNAVAILABLE), trace_id, caller, more)
    return effect(answer.status, text, trace_id, caller, more, replayed=answer.replayed)


def effect(
    status: int, text: str, trace_id: str, caller: str, more: str = "", *, replayed: bool = False
) -> Told:
    """An effect, its body written as JSON."""
    body = f"{text}\n".encode()
    head = _head(status, replayed) % (len(body), trace_id, more)
    return Told(status, "-", head.encode() + body, caller)


def refusal(refused: Refused, trace_id: str, caller: str, more: str = "") -> Told:
    """A refusal."""
    why, facts = refused.refusal, refused.facts
    form = _form(why, "wait_ms" in facts) if facts.keys() <= MARKS.keys() else None
    if form is None:
        text, status, headers = errors.rendered(why, facts, trace_id)
        head = _with_places(status, headers)
    else:
        status, head, text = form
        text %= {"trace_id": trace_id, **facts}
    body = text.encode()
    return Told(status, why.code, (head % (len(body), trace_id, more)).encode() + body, caller)


@lru_cache
def _head(status: int, replayed: bool) -> str:
    """The head of an effect's answer."""
    headers = {"Content-Type": "application/json", **once.rendered(once.Answer(status, replayed=replayed))[2]}
    return _with_places(status, headers)


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
    """A head with places for length, trace id and more header lines; none of our headers has a per cent in it."""
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
    return f"{_status_line(status)}{lines}content-length: %d\r\nx-request-id: %s\r\n%s\r\n"


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
