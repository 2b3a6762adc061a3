"""What the citizen's doors in front of Flask ask of a request before they take it: whose it is, and nothing unusual."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import cast

from flask import Flask

from app import clock, sessions
from app.config import Settings
from app.domain.refusals import Refused
from app.pages import cookies
from app.pages.cookies import Actor

BEARER = b"Bearer "
Headers = Sequence[tuple[bytes, bytes]]


class Sessions:
    """The sessions of citizens, as one process knows them without asking SQL."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        settings = cast("Settings", app.extensions["settings"])
        self._key = settings.secret_key

    def offset_ms(self) -> int:
        """By how much the test profile has moved the clock."""
        return clock.offset_of(self._app)

    def citizen_of(self, head: Mapping[bytes, bytes], offset_ms: int) -> str | None:
        """Whose session this is; None for every doubt: the view says why."""
        token = _token_in(head)
        if token is None:
            return None
        try:
            return sessions.citizen_of(token, self._key, time.time_ns() // 1_000_000 + offset_ms)
        except Refused:
            return None


def _token_in(head: Mapping[bytes, bytes]) -> bytes | None:
    """The session in the header, else in the cookie of a page of ours."""
    authorization = head.get(b"authorization")
    if authorization is None:
        return cookies.token_in(head, Actor.CITIZEN)
    return authorization[len(BEARER) :] if authorization.startswith(BEARER) else None


def head_of(headers: Headers, body: bytes) -> dict[bytes, bytes] | None:
    """The headers of a request whose body is `{}`, each there once; None for any other."""
    head = dict(headers)
    usual = body == b"{}" and head.get(b"content-type") == b"application/json" and len(head) == len(headers)
    return head if usual else None
