"""The display of a code in front of Flask, answered in the web server's loop (ADR 10, 30).

It takes a request that is one to the letter: a citizen's session and the body `{}`. Everything else, and every doubt,
is left to the view in `routes.py`, which gives the same answers (tests/citizen/test_hot_displays.py). Whether the
citizen may show a code is asked in the lane, of SQL, for all of a group.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import orjson
from flask import Flask

from app import clock, metrics, overload
from app.citizen import displays, symbols
from app.citizen.displays import Shown
from app.citizen.plain import Headers, Sessions, head_of
from app.domain.ankang_code import Displayed
from app.hot import answers, crowd
from app.hot.answers import Told
from app.hot.crowd import Asked, Crowd
from app.vouchers.commit import MOST_IN_A_GROUP

TARGET = b"/api/v1/ankang-code/displays"


class HotDisplays:
    """One process's door."""

    def __init__(self, app: Flask) -> None:
        self._sessions = Sessions(app)
        self._crowd: Crowd[str, Shown] = Crowd(
            app,
            metrics.DISPLAY,
            overload.Kind.TILL,
            lambda arrived: displays.lane(app).submit(arrived),
            _told,
            MOST_IN_A_GROUP,
        )

    def knows(self, method: bytes, target: bytes) -> bool:
        """A display."""
        return target == TARGET and method == b"POST"

    def take(self, _target: bytes, headers: Headers, body: bytes, answer: Callable[[bytes], None]) -> bool:
        """Answer it after its COMMIT; False when it is no plain display."""
        head = head_of(headers, body)
        if head is None:
            return False
        citizen_id = self._sessions.citizen_of(head, self._sessions.offset_ms())
        if citizen_id is None:
            return False
        self._crowd.queue(crowd.asked(head.get(b"x-request-id"), answer), citizen_id)
        return True


def _told(asked: Asked, citizen_id: str, outcome: Shown | Exception) -> Told:
    """Drawn in the lane's thread; who is let in by nobody is nobody's line in the log, as at the view."""
    if isinstance(outcome, Exception):
        return answers.outcome(outcome, asked.trace_id, "-")
    try:
        text = _text(*outcome)
    except Exception as error:  # a mistake of ours is answered, too
        return answers.outcome(error, asked.trace_id, citizen_id)
    return answers.effect(201, text, asked.trace_id, citizen_id)


def _text(shown: Displayed, at: int) -> str:
    """The body that the view makes of it."""
    return _form() % (
        symbols.barcode_strokes(shown.digits),
        shown.digits,
        clock.iso(at),
        clock.iso(shown.expires_at_ms),
        *symbols.qr_strokes(shown.digits),
        clock.iso(shown.refresh_at_ms),
    )


@cache
def _form() -> str:
    """With places for what is each display's own, in the order in which the names are sorted."""
    names = {"code": "%s", "displayed_at": "%s", "expires_at": "%s", "refresh_at": "%s"}
    pictures = {"barcode_svg": symbols.barcode_form(), "qr_svg": symbols.qr_form()}
    return orjson.dumps({**names, **pictures}, option=orjson.OPT_SORT_KEYS).decode()
