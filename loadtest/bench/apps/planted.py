"""The platform's own application behind a planted slow-down; a bench that does not notice it measures nothing.

BENCH_APPLICATION names the application (`module:name`); BENCH_PLANT is `sleep` (20 µs) or `trip` (one more round
trip to Redis, one PING) before every request, or `alone`: no slow-down, but every claim is a group of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

import redis
from werkzeug.utils import import_string

SLEEP_S = 20e-6
_inner: Callable[..., Iterable[bytes]] = import_string(os.environ["BENCH_APPLICATION"])


def _sleep() -> None:
    time.sleep(SLEEP_S)


def _group_of_one(lane: Any, item: Any) -> Any:
    """What the queue of the group commit does, without the queue."""
    (outcome,) = lane._serve([item])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _nothing() -> None:
    return


def _plant(name: str) -> Callable[[], Any]:
    if name == "sleep":
        return _sleep
    if name == "alone":
        import_string("app.vouchers.commit:Lane").run = _group_of_one
        return _nothing
    if name == "trip":
        return redis.Redis.from_url(os.environ["REDIS_URL"]).ping
    raise ValueError(f"BENCH_PLANT: {name}")


_slow_down = _plant(os.environ["BENCH_PLANT"])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same answers, later."""
    _slow_down()
    return _inner(environ, start_response)
