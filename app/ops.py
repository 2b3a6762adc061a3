"""For those who run it: is the process alive, is the platform ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from app import readiness
from app.auth import PUBLIC, policy

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


def _verdict(check: Callable[[], None]) -> str:
    try:
        check()
    except readiness.NotReady as error:
        return str(error)
    return "ok"
