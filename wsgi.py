"""The entry point of every web server: `wsgi:application`."""

import click

from app import readiness
from app.config import Settings
from app.factory import create_app

with readiness.or_end():
    application = app = create_app(Settings.from_env())

    # A server refuses to start on an unsafe Redis or an old schema; `flask db upgrade` must be able to mend the latter.
    _command = click.get_current_context(silent=True)
    if _command is None or _command.info_name == "run":
        with application.app_context():
            readiness.refuse_to_fork()
