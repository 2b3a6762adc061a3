"""`flask seals`: seal what is due at once; print a day's anchor, or compare one that was printed."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup

from app import sql
from campaigns import seals

group = AppGroup("seals", help="Seals of postings and of the audit trail.")


@group.command("now")
def now() -> None:
    """Chain and seal everything that is due, without waiting for the minute."""
    while (done := seals.seal_due()) is None:
        time.sleep(0.2)  # a worker is at it; its lease ends
    chained, sealed = done
    click.echo(f"封存 {chained} entries chained, {sealed} seals set")


@group.command("anchor")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--expect", metavar="SHA256", help="Exit code 1 unless this is the anchor: what was printed that day."
)
def anchor(day: click.DateTime, expect: str | None) -> None:
    """Print the last seal of a Shanghai DAY: keep it where nobody can change it."""
    with sql.reading() as session:
        found = seals.anchor(session, f"{day:%Y-%m-%d}")
    if found is None:
        raise click.ClickException("没有封存 nothing was sealed up to this day")
    click.echo(f"{found.day} seal {found.number} {found.sha256}")
    if expect not in (None, found.sha256):
        raise click.ClickException("与打印的锚不符 not the anchor that was printed")
