"""Structured logs: one JSON line a request with its trace id, and never personal data, codes, keys or bodies."""

from __future__ import annotations

import logging
import re
import sys
import time
from secrets import token_hex

import structlog
from flask import Flask, Response, g, request

from app.config import Settings

log = structlog.get_logger()
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
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    app.before_request(_begin)
    app.after_request(_end)


def trace_id() -> str:
    """The id that ties an answer to its log line; the caller may propose one in `X-Request-Id`."""
    if "trace_id" not in g:
        proposed = request.headers.get("X-Request-Id", "") if request else ""
        g.trace_id = proposed if re.fullmatch(r"[A-Za-z0-9_-]{8,40}", proposed) else token_hex(8)
    return str(g.trace_id)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = trace_id()
    if request.path not in _QUIET:
        log.info(
            "request",
            trace_id=trace_id(),
            method=request.method,
            route=str(request.url_rule),
            status=response.status_code,
            caller=g.get("caller", "-"),
            code=g.get("refusal", "-"),
            sql_writes=g.get("sql_writes", 0),
            ms=round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        )
    return response
