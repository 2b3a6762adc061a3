"""What the platform counts about itself, for Prometheus (ADR 0008 says how processes add up).

Labels come from closed sets: routes, methods, statuses, codes of the refusal catalogue. Never an id, never a person.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CLAIM = "POST /api/v1/batches/<batch_id>/claims"
DISPLAY = "POST /api/v1/ankang-code/displays"
REDEEM = "POST /merchant/v1/redemptions"
NOWHERE = "- -"
_BUCKETS = (0.002, 0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_own = CollectorRegistry()
_REQUESTS = Counter(
    "ankang_http_requests",
    "Requests answered; code is the refusal's, - where there is none",
    ("method", "route", "status", "code"),
    registry=_own,
)
_SECONDS = Histogram(
    "ankang_http_request_seconds",
    "From the first line of ours to the answer",
    ("method", "route"),
    buckets=_BUCKETS,
    registry=_own,
)
_OUTCOMES = {
    CLAIM: Counter(
        "ankang_claims", "Claims by granted, replayed or refusal code", ("outcome",), registry=_own
    ),
    REDEEM: Counter(
        "ankang_redemptions", "Redemptions by granted, replayed or refusal code", ("outcome",), registry=_own
    ),
}
GATE_REBUILDS = Counter("ankang_gate_rebuilds", "Gates set anew from SQL", registry=_own)
GATE_STEALS = Counter(
    "ankang_gate_steals", "Units that a shard of a gate took from another one", registry=_own
)
LOCK_BYPASSED = Counter(
    "ankang_lock_bypassed", "Redemptions that went on without Redis's lock", registry=_own
)
SQL_RERUNS = Counter("ankang_sql_reruns", "Write transactions run once more", registry=_own)
IN_FLIGHT = Gauge(
    "ankang_requests_in_flight",
    "Requests that entered and have not left, by kind",
    ("kind",),
    multiprocess_mode="livesum",
    registry=_own,
)

_Seen = tuple[Callable[[float], None], tuple[Callable[..., None], ...]]
_seen: dict[tuple[str, int, str], _Seen] = {}


def init_app(app: Flask) -> None:
    """Count every request Flask answers."""
    app.after_request(_count)


def count_requests(route: str, status: int, code: str, seconds: Sequence[float], times: int) -> None:
    """So many answered requests of one outcome, once each, and the seconds of those that were timed.

    `route` is `METHOD /rule` as the URL map has it, `code` the refusal's or `-`. For every layer that answers requests,
    also in front of Flask.
    """
    observe, counts = _seen.get((route, status, code)) or _first(route, status, code)
    for each in seconds:
        observe(each)
    for count in counts:
        count(times)


def _first(route: str, status: int, code: str) -> _Seen:
    """Find the series of such a request, once: looking up labels is the expensive part."""
    method, _, rule = route.partition(" ")
    counts = [_REQUESTS.labels(method, rule, str(status), code).inc]
    if route in _OUTCOMES:
        outcome = code if code != "-" else {200: "replayed", 201: "granted"}.get(status, str(status))
        counts.append(_OUTCOMES[route].labels(outcome).inc)
    found = _SECONDS.labels(method, rule).observe, tuple(counts)
    _seen[route, status, code] = found
    return found


def _count(response: Response) -> Response:
    rule = request.url_rule
    route = f"{request.method} {rule.rule}" if rule else NOWHERE
    seconds = time.perf_counter() - g.began if "began" in g else 0.0
    count_requests(route, response.status_code, g.get("refusal", "-"), [seconds], 1)
    return response


def scraped(directory: str | None) -> bytes:
    """Prometheus' text: the sum over all processes that count in `directory`, or this process alone."""
    if directory is None:
        return generate_latest(_own)
    _forget_the_dead(Path(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return generate_latest(registry)


def _forget_the_dead(directory: Path) -> None:
    """What a killed process had in flight is nobody's load; what it had counted stays counted."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not _is_alive(pid):
            with suppress(FileNotFoundError):  # another scrape was faster
                mark_process_dead(pid, str(directory))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def gauge(name: str, meaning: str, values: dict[str, float], label: str) -> bytes:
    """A series that is looked up at the scrape, as Prometheus' text."""
    registry = CollectorRegistry()
    series = Gauge(name, meaning, (label,), registry=registry)
    for word, value in values.items():
        series.labels(word).set(value)
    return generate_latest(registry)
