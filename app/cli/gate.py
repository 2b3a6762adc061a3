"""`flask gate rebuild`: set the gates from SQL by hand."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app import clock, sql
from app.gate import rebuild as act

group = AppGroup("gate", help="The gates in Redis.")


@group.command("rebuild")
@click.argument("batch_ids", nargs=-1)
def rebuild(batch_ids: tuple[str, ...]) -> None:
    """Set the gates of these batches, or of all claimable ones, from the truth in SQL."""
    with sql.reading() as session:
        every = list(session.scalars(act.CLAIMABLE, {"now": clock.now()}))
    for batch_id in batch_ids or every:
        click.echo(f"{batch_id} {'rebuilt' if act.rebuild(batch_id) else 'a newer rebuild was faster'}")
