"""The web server of a mutated platform: the shipped application; which fences it lacks is read before each request.

The first line of MUTANTS_DIR/fences is a serial number that rises when the database was made anew; names follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from app import sql
from app.config import Settings
from app.extensions import db
from app.factory import create_app
from tests.mutants import wear
from tests.mutants.swaps import post_box

sql.PAUSE_S = 0.002  # as many tries as ever, closer together: a mutant loses them all
shipped = create_app(Settings.from_env())
worn = ""
changing = Lock()  # the first two requests of a race may be the first two that see the new fences


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve one request with the fences of the moment."""
    wanted = post_box("fences").read_text()
    if wanted != worn:
        with changing:
            change(wanted)
    return shipped(environ, start_response)


def change(wanted: str) -> None:
    """Take these fences away and no others, unless a request before this one has done it."""
    global worn  # noqa: PLW0603  # one process, one set of fences
    if wanted != worn:
        wear.without(wanted.splitlines()[1:])
        with shipped.app_context():
            db.engine.dispose()
        worn = wanted  # last: a fence that cannot be removed fails every request, not the first alone
