"""`flask lottery verify`: recompute a results file; no database is asked."""

from __future__ import annotations

from typing import TextIO

import click
from flask.cli import AppGroup

from app.domain import lottery as rules

group = AppGroup("lottery", help="The lottery.")


@group.command("verify", with_appcontext=False)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--commitment", help="What was published before registration opened.")
@click.option("--list-sha256", help="What was published at the close.")
def verify(file: TextIO, commitment: str | None, list_sha256: str | None) -> None:
    """Recompute the results in FILE. Exit code 1 and the reason when anything in it was changed."""
    published = {"commitment": commitment, "list_sha256": list_sha256}
    try:
        head = rules.verify(file, {name: value for name, value in published.items() if value})
    except (rules.BadResults, UnicodeDecodeError) as error:
        raise click.ClickException(f"摇号结果有误 the results do not add up: {error}") from error
    click.echo(
        f"摇号结果无误 verified: {head['winners']} of {head['registrants']} registrants,"
        f" {head['places']} places, public value {head['public_value']!r}"
    )
