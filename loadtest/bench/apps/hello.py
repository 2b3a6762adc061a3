"""B0 and B1: the least a WSGI server and a Flask view can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

application = Flask(__name__)


@application.get("/hello")
def hello() -> dict[str, str]:
    """One dict."""
    return {"hello": "world"}


def bare(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """No framework."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
