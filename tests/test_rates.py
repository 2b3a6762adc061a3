"""A terminal's requests a minute: counted in memory, told in every answer, refused honestly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from app import rates
from app.domain.refusals import Refused
from app.errors import answer
from tests.kit import inside


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A platform that lets a terminal send three requests a minute."""
    made = inside.build(inside.environment(f"sqlite:///{tmp_path}/rates.db", TILL_REQUESTS_A_MINUTE="3"))
    yield made
    inside.close(made)


def at(monkeypatch: pytest.MonkeyPatch, second: float) -> None:
    """This process's stopwatch shows so many seconds."""
    monkeypatch.setattr("app.rates.monotonic", lambda: second)


def send(app: Flask, terminal_id: str) -> Response:
    """One request of a terminal that has proved who it is."""
    with app.test_request_context("/merchant/v1/scans"):
        try:
            rates.take(terminal_id)
            reply = Response()
        except Refused as refused:
            reply = answer(refused.refusal, refused.facts)
        return app.process_response(reply)


def test_every_answer_tells_what_is_left(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """The syntax of the IETF draft: a policy with quota and window, what remains and until when."""
    told = []
    for now in (1_000.0, 1_010.0, 1_059.5):
        at(monkeypatch, now)
        reply = send(app, "trm_1")
        assert reply.headers["RateLimit-Policy"] == '"terminal";q=3;w=60'
        told.append(reply.headers["RateLimit"])
    assert told == ['"terminal";r=2;t=60', '"terminal";r=1;t=50', '"terminal";r=0;t=1']


def test_one_too_many_is_429_and_told_when_to_come_back(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """Not final, never stored; another terminal is not touched; with the next minute all is given anew."""
    at(monkeypatch, 1_000)
    assert [send(app, "trm_1").status_code for _ in range(4)] == [200, 200, 200, 429]
    at(monkeypatch, 1_018)
    reply = send(app, "trm_1")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "42")
    assert reply.get_json()["code"] == "too_many_requests" and reply.get_json()["retryable"]
    assert reply.headers["RateLimit"] == '"terminal";r=0;t=42'
    assert send(app, "trm_2").headers["RateLimit"] == '"terminal";r=2;t=42'
    at(monkeypatch, 1_060)
    assert send(app, "trm_1").headers["RateLimit"] == '"terminal";r=2;t=60'


def test_who_is_no_terminal_has_no_such_headers(app: Flask):
    """Nothing was counted, so nothing is told."""
    with app.test_request_context("/healthz"):
        assert "RateLimit" not in app.process_response(Response()).headers


def test_old_counts_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    """A process does not remember every terminal it ever saw."""
    at(monkeypatch, 0)
    quota = rates.Quota(1)
    for number in range(100):
        quota.take(f"trm_{number}")
    at(monkeypatch, 60)
    assert quota.take("trm_0").requests == 0
    assert len(quota._used) == 1
