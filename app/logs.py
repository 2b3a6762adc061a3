"""Structured logs: one JSON line a request with its trace id, and never personal data, codes, keys or bodies."""

from __future__ import annotations

import logging
import random
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

from app.config import Settings

log = structlog.get_logger()
TRACE_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")
_QUIET = {"/healthz", "/readyz"}


def init_app(app: Flask, settings: Settings) -> None:
    """JSON lines on standard error; each request gets a trace id that is also in every error."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(lambda line, **_: orjson.dumps(line, default=repr).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    app.before_request(_begin)
    app.after_request(_end)


def trace_id() -> str:
    """The id that ties an answer to its log line; the caller may propose one in `X-Request-Id`."""
    if "trace_id" not in g:
        g.trace_id = proposed_trace_id(request.headers.get("X-Request-Id", "") if request else "")
    return str(g.trace_id)


def is_request_logged() -> bool:
    """Whether the level lets the line of a request pass."""
    return bool(log.is_enabled_for(logging.INFO))


def request_lines(lines: Iterable[dict[str, Any]]) -> None:
    """Lines of answered requests in the form of all others, written at once."""
    stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    common = {"event": "request", "level": "info", "timestamp": stamp}
    written = b"".join(orjson.dumps(line | common, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
    sys.stderr.write(written.decode())
    sys.stderr.flush()


def proposed_trace_id(proposed: str) -> str:
    """The caller's `X-Request-Id` where it is one, else a fresh id."""
    return proposed if TRACE_ID.fullmatch(proposed) else new_trace_id()


def new_trace_id() -> str:
    """Sixteen digits that no other request has."""
    return f"{random.getrandbits(64):016x}"


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = trace_id()
    if request.path not in _QUIET and is_request_logged():
        line = {
            "trace_id": trace_id(),
            "method": request.method,
            "route": str(request.url_rule),
            "status": response.status_code,
            "caller": g.get("caller", "-"),
            "code": g.get("refusal", "-"),
            "sql_writes": g.get("sql_writes", 0),
            "ms": round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        }
        request_lines([line])
    return response
