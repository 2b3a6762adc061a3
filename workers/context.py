"""One application per process, made on first use: a forked work-horse never inherits an open connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask

from app.config import Settings
from app.factory import create_app


@cache
def application() -> Flask:
    """The application of this process."""
    return create_app(Settings.from_env())


@contextmanager
def app_context() -> Iterator[None]:
    """What every job runs in."""
    with application().app_context():
        yield
