"""The platform's own application behind a planted slow-down; a bench that does not notice it measures nothing.

BENCH_APPLICATION names the application (`module:name`); BENCH_PLANT is `sleep` (20 µs) or `trip` (one more round
trip to Redis, one PING) before every request; `group_trip`: one for every claim and redemption of a group, before it
is served (in front of the door it would only make the groups larger, and so cheaper); or `alone`: no slow-down, but
every claim is a group of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

import redis
from werkzeug.utils import import_string

SLEEP_S = 20e-6
_inner: Any = import_string(os.environ["BENCH_APPLICATION"])


def _sleep() -> None:
    time.sleep(SLEEP_S)


def _served_at_once(lane: Any, items: Any) -> None:
    """What the group commit does, without queue and thread, one by one, where the request is."""
    for item, hear in items:
        with lane._app.app_context():
            (outcome,) = lane._serve([item])
        hear(outcome)


def _later(serve: Callable[[Any], Any], trip: Callable[[], Any]) -> Callable[[Any], Any]:
    def served(group: Any) -> Any:
        for _ in group:
            trip()
        return serve(group)

    return served


def _nothing() -> None:
    return


def _plant(name: str) -> Callable[[], Any]:
    if name == "sleep":
        return _sleep
    if name == "alone":
        import_string("app.vouchers.commit:Lane").submit = _served_at_once
        return _nothing
    ping = redis.Redis.from_url(os.environ["REDIS_URL"]).ping
    if name == "trip":
        return ping
    if name == "group_trip":
        for use_case in map(import_string, ("app.vouchers.claim", "app.vouchers.redeem")):
            use_case._serve = _later(use_case._serve, ping)
        return _nothing
    raise ValueError(f"BENCH_PLANT: {name}")


_slow_down = _plant(os.environ["BENCH_PLANT"])


class SlowDoor:
    """The platform's hot door, later."""

    def __init__(self, door: Any) -> None:
        self.knows = door.knows
        self._door = door

    def take(self, *request: Any) -> bool:
        """The same answers."""
        _slow_down()
        return bool(self._door.take(*request))


class Slow:
    """The platform's application, later."""

    def __init__(self) -> None:
        self.extensions = {"hot_doors": [SlowDoor(door) for door in _inner.extensions["hot_doors"]]}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The same answers."""
        _slow_down()
        return cast("Iterable[bytes]", _inner(environ, start_response))


application = Slow()
