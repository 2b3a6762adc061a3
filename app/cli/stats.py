"""`flask stats …`: the statistics and the sums of closings against the rows they are made of."""

from __future__ import annotations

import json
import time
from functools import partial

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import sql
from campaigns.rollups import fold as rolling
from campaigns.rollups import interval as intervals
from campaigns.rollups import recount as counting

group = AppGroup("stats", help="The statistics.")
MOST_ROWS = 20


@group.command("recount")
def recount() -> None:
    """Count everything anew from the rows. Exit code 1 when a figure differs."""
    with sql.snapshot() as session:
        found = [*counting.differences(session), *counting.contradictions(session)]
    for row in found[:MOST_ROWS]:
        click.echo(f"✗ {row}")
    click.echo(f"统计重算 recount: {f'{len(found)} figures differ' if found else 'equal'}")
    if found:
        raise SystemExit(1)


@group.command("fold")
def fold() -> None:
    """Roll up now whatever is old enough to be; the scheduler rings for it every few seconds."""
    click.echo(f"汇总 rolled up in {rolling.fold()} steps")


@group.command("interval")
@click.argument("campaign_id")
@click.argument("from_no", type=int)
@click.argument("to_no", type=int)
def interval(campaign_id: str, from_no: int, to_no: int) -> None:
    """Sum the postings (FROM_NO, TO_NO] as a closing does, and from every posting; exit code 1 when they differ."""
    bounds = (campaign_id, from_no, to_no)
    at = time.perf_counter()
    rolled = sql.write(partial(_sums, bounds=bounds))
    between = time.perf_counter()
    with sql.snapshot() as session:
        counted = intervals.recount(session, *bounds)
    said = {
        "is_equal": rolled == counted,
        "fen": sum(each.fen for each in counted),
        "rolled_up_s": round(between - at, 6),
        "recount_s": round(time.perf_counter() - between, 6),
    }
    click.echo(json.dumps(said))
    if rolled != counted:
        raise SystemExit(1)


def _sums(session: Session, bounds: tuple[str, int, int]) -> list[intervals.Sum]:
    return intervals.sums(session, *bounds)
