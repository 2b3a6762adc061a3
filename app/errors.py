"""Refusals as HTTP: RFC 9457 problem documents. The only place that knows which refusal has which status."""

from __future__ import annotations

import json
import math
import random
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from app import logs
from app.domain.refusals import Kind, Refusal, Refused

# Where nobody knows how long it takes: one or two seconds, so that not all come back at the same moment.
MOST_DEFAULT_MS = 2000
# The page that explains it (RFC 9457 allows a reference to this very platform, whatever its name is).
ERRORS_PAGE = "/docs/errors"
STATUS: dict[Refusal, int] = {
    Refusal.REQUEST_INVALID: 400,
    Refusal.AMOUNT_INVALID: 400,
    Refusal.JSON_INVALID: 400,
    Refusal.KEY_MISSING: 400,
    Refusal.KEY_INVALID: 400,
    Refusal.BODY_TOO_LARGE: 413,
    Refusal.MEDIA_TYPE: 415,
    Refusal.METHOD: 405,
    Refusal.KEY_MISMATCH: 422,
    Refusal.CAMPAIGN_INVALID: 422,
    Refusal.CUTOFF_INVALID: 422,
    Refusal.LIST_ENCODING: 422,
    Refusal.LIST_HEADER: 422,
    Refusal.LIST_EMPTY: 422,
    Refusal.LIST_TOO_LONG: 422,
    Refusal.WEBHOOK_ADDRESS: 422,
    Refusal.NOT_SIGNED_IN: 401,
    Refusal.SESSION_EXPIRED: 401,
    Refusal.SMS_CODE_WRONG: 401,
    Refusal.LOGIN_WRONG: 401,
    Refusal.TOTP_REQUIRED: 401,
    Refusal.TOTP_WRONG: 401,
    Refusal.SIGNATURE_MISSING: 401,
    Refusal.SIGNATURE_INVALID: 401,
    Refusal.SIGNATURE_STALE: 401,
    Refusal.FORBIDDEN: 403,
    Refusal.CROSS_SITE: 403,
    Refusal.NOT_APPLIED: 403,
    Refusal.MERCHANT_SUSPENDED: 403,
    Refusal.STORE_SUSPENDED: 403,
    Refusal.TERMINAL_SUSPENDED: 403,
    Refusal.SANDBOX_ONLY: 403,
    Refusal.SELF_APPROVAL: 403,
    Refusal.OWN_ROLE: 403,
    Refusal.OTP_TOO_SOON: 429,
    Refusal.TOO_MANY: 429,
    Refusal.GATE_CLOSED: 503,
    Refusal.OVERLOADED: 503,
    Refusal.UNAVAILABLE: 503,
}
_BY_STATUS = {
    404: Refusal.NOT_FOUND,
    405: Refusal.METHOD,
    413: Refusal.BODY_TOO_LARGE,
    415: Refusal.MEDIA_TYPE,
    429: Refusal.TOO_MANY,
}


def status_of(refusal: Refusal) -> int:
    """404 for what is not there, 409 where the table says nothing else."""
    if refusal.code.endswith("_not_found") or refusal is Refusal.NOT_FOUND:
        return 404
    return STATUS.get(refusal, 409)


def problem(refusal: Refusal, facts: dict[str, Any], trace_id: str) -> dict[str, Any]:
    """The problem document of a refusal; `message` is for the screen, `code` for machines (RFC 9457)."""
    status = status_of(refusal)
    return {
        "type": f"{ERRORS_PAGE}#{refusal.code}",
        "title": refusal.en,
        "status": status,
        "detail": refusal.en,
        "code": refusal.code,
        "message": f"{refusal.zh} {refusal.en}",
        "retryable": refusal.retryable or status in (429, 503),
        "trace_id": trace_id,
        **facts,
    }


def rendered(refusal: Refusal, facts: dict[str, Any], trace_id: str) -> tuple[str, int, dict[str, str]]:
    """A refusal's body, status and headers, with `Retry-After` (seconds) where waiting helps."""
    facts = dict(facts)
    replayed = facts.pop("replayed", False)
    retry_after_ms = facts.pop("retry_after_ms", None)
    status, headers = status_of(refusal), {"Content-Type": "application/problem+json"}
    if status in (429, 503):
        headers["Retry-After"] = str(math.ceil((retry_after_ms or random.uniform(1, MOST_DEFAULT_MS)) / 1000))
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return json.dumps(problem(refusal, facts, trace_id), sort_keys=True), status, headers


def answer(refusal: Refusal, facts: dict[str, Any]) -> Response:
    """A problem document as Flask's response, or what the pages make of it where one of them was asked for."""
    g.refusal = refusal.code
    page = current_app.extensions["page_of_refusal"](refusal, facts)
    if page is not None:
        return cast("Response", page)
    return Response(*rendered(refusal, facts, logs.trace_id()))


def init_app(app: Flask) -> None:
    """One handler for refusals, one for what the framework refuses, one for what nobody expected."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _framework)
    app.register_error_handler(Exception, _unexpected)


def log_cause(error: Refused, trace_id: str) -> None:
    """Who is turned away because something of ours failed learns nothing of it, but the log does."""
    if error.refusal.kind is Kind.AWAY and error.__cause__ is not None:
        logs.log.warning(
            "turned_away", code=error.refusal.code, cause=repr(error.__cause__), trace_id=trace_id
        )


def log_unexpected(error: Exception, trace_id: str) -> None:
    """What nobody expected, with where it happened."""
    logs.log.error("unexpected", trace_id=trace_id, exc_info=error)


def _refused(error: Refused) -> Response:
    log_cause(error, logs.trace_id())
    return answer(error.refusal, error.facts)


def _framework(error: HTTPException) -> Response:
    if error.code == 422:  # webargs: the schema was not met
        messages = getattr(error, "data", {}).get("messages", {})
        return _schema_faults(messages)
    if error.code == 400:
        return answer(Refusal.JSON_INVALID if request.is_json else Refusal.REQUEST_INVALID, {})
    return answer(_BY_STATUS.get(error.code or 500, Refusal.REQUEST_INVALID), {})


def _unexpected(error: Exception) -> Response:
    log_unexpected(error, logs.trace_id())
    return answer(Refusal.UNAVAILABLE, {})


def _schema_faults(messages: dict[str, Any]) -> Response:
    faults = [fault for location in messages.values() for fault in _flatten(location, "")]
    amount = bool(faults) and all(fault["field"].endswith("_fen") for fault in faults)
    refusal = Refusal.AMOUNT_INVALID if amount else Refusal.REQUEST_INVALID
    if any(fault["message"] == "Invalid JSON body." for fault in faults):
        refusal = Refusal.JSON_INVALID
    return answer(refusal, {"errors": faults})


def _flatten(messages: Any, prefix: str) -> list[dict[str, str]]:
    if isinstance(messages, dict):
        return [
            fault
            for name, inner in messages.items()
            for fault in _flatten(inner, f"{prefix}.{name}".lstrip("."))
        ]
    listed = messages if isinstance(messages, list) else [messages]
    return [{"field": prefix, "code": "invalid", "message": str(message)} for message in listed]
