"""The commands: `flask --app wsgi …`; starting everything is `python -m app.cli.up`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
    from app.cli import (
        audit,
        gate,
        lottery,
        seals,
        seed,
        stats,
        user,
    )  # here, so that `app.cli.up` starts without the application
    from app.cli.demo import command as demo

    for group in (user.group, demo.group, gate.group, lottery.group, seals.group, seed.group, stats.group):
        app.cli.add_command(group)
    app.cli.add_command(audit.audit)
