"""The request as it was sent: what a signature covers."""

from __future__ import annotations

from flask import Request


def path_of(request: Request) -> str:
    """The path with its escapes as they came."""
    return str(request.environ.get("RAW_URI", request.path)).partition("?")[0]


def target_of(request: Request) -> str:
    """Path and query; the question mark only where there is a query."""
    query = request.query_string.decode("ascii", "replace")
    return path_of(request) + (f"?{query}" if query else "")


def body_of(request: Request) -> bytes | None:
    """The body of a method that has one."""
    return request.get_data() if request.method in ("POST", "PATCH") else None
