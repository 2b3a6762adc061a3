"""The web server of a mutated platform: the shipped application; which fences it lacks is read before each request.

The first line of MUTANTS_DIR/fences is a serial number that rises when the database was made anew; names follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.config import Settings
from app.extensions import db
from app.factory import create_app
from tests.mutants import wear
from tests.mutants.swaps import post_box

shipped = create_app(Settings.from_env())
worn = ""


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve one request with the fences of the moment."""
    global worn  # noqa: PLW0603  # one process, one set of fences
    wanted = post_box("fences").read_text()
    if wanted != worn:
        wear.without(wanted.splitlines()[1:])
        with shipped.app_context():
            db.engine.dispose()
        worn = wanted  # last: a fence that cannot be removed fails every request, not the first alone
    return shipped(environ, start_response)
