"""For those who run it: is the process alive, is the platform ready, how much does it do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from app import clock, metrics, queue, readiness
from app.auth import METRICS, PUBLIC, policy
from app.events import delivery, relay
from app.events.notices import sending
from app.extensions import settings

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
@policy(PUBLIC)
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@policy(PUBLIC)
def readyz() -> tuple[dict[str, Any], int]:
    """SQL, schema, Redis and its settings, one by one; 503 when one of them is wrong."""
    results = {name: _verdict(check) for name, check in readiness.CHECKS.items()}
    ready = all(result == "ok" for result in results.values())
    return {"status": "ready" if ready else "not ready", "checks": results}, 200 if ready else 503


@bp.get("/metrics")
@policy(METRICS)
def show_metrics() -> Response:
    """Prometheus' text: the sum over all processes of this machine, and the queue as it is now."""
    text = metrics.scraped(settings().metrics_dir)
    facts = queue.facts()
    text += metrics.gauge("ankang_queue_jobs", "Jobs waiting in RQ", facts.jobs, "queue")
    text += metrics.gauge("ankang_processes_alive", "Processes beating by role", facts.alive, "role")
    text += metrics.gauge("ankang_oldest_wait_seconds", "How long the oldest row waits", _waits(), "for")
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _waits() -> dict[str, float]:
    """Nothing where SQL is away; that is told by other series."""
    try:
        since = {
            "publication": relay.oldest(),
            "delivery": delivery.oldest(),
            "notice": sending.oldest(),
        }
    except SQLAlchemyError:
        return {}
    now = clock.now()
    return {what: 0.0 if at is None else max(0, now - at) / 1000 for what, at in since.items()}


def _verdict(check: Callable[[], None]) -> str:
    try:
        check()
    except readiness.NotReady as error:
        return str(error)
    return "ok"
