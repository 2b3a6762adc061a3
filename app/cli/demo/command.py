"""`flask demo seed`: makes the demo town once, the whole or the small one, into an empty database."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from app import audit_trail, clock, sql
from app.cli.demo import people, story
from app.cli.demo import small as small_town
from app.cli.demo.people import Logins
from app.cli.demo.town import Town
from app.domain.instants import AHEAD_MS, DAY_MS
from app.extensions import settings
from app.models import AuditLog, Staff

group = AppGroup("demo", help="Demo data.")

ACTION = "demo.seed"
PRINTED_FIRMS = 2


@group.command("seed")
@click.option(
    "--logins", type=click.Path(path_type=Path), help="Write the demo's logins into this file (JSON)."
)
@click.option("--small", is_flag=True, help="Two shops and one open campaign, without a past.")
def seed(logins: Path | None, small: bool) -> None:
    """Make the demo town once; a second call changes nothing."""
    if settings().profile == "production":
        raise click.ClickException("生产环境不造演示数据 no demo data in production")
    if _is_there():
        click.echo("演示数据已存在 demo data is already there")
        return
    made = _small() if small else _whole()
    if logins is not None:
        _write_logins(logins, made)


def _is_there() -> bool:
    """Whether anybody works here already. Raises ClickException for a town that was begun and never finished."""
    with sql.reading() as session:
        notes = session.scalars(select(AuditLog.reason).where(AuditLog.action == ACTION)).all()
        staff = session.scalar(select(func.count()).select_from(Staff))
    if "begun" in notes and "done" not in notes:
        raise click.ClickException(
            "演示数据只做了一半，请换一个空的数据目录 / the demo data was never finished:"
            " choose an empty DATA_DIR or database"
        )
    return bool(staff)


def _small() -> Logins:
    made: Logins = []
    _note("begun")
    with click.progressbar(small_town.STEPS, label="演示数据 demo data") as bar:
        for step in bar:
            made += step()
    _note("done")
    return made


def _whole() -> Logins:
    """Eight days, lived through entry by entry by this process's own clock; who can sign in is made on the way."""
    now = clock.now()
    midnight = (now + AHEAD_MS) // DAY_MS * DAY_MS - AHEAD_MS
    with clock.past(midnight + story.FOUNDED_MS) as move_on:
        town = Town(move_on, now, midnight)
        _note("begun")
        town.staff = people.staff()
        made = people.staff_logins() + people.named_citizens()
        _live(town)
    made += people.counter_logins(town) + people.till_logins(town, PRINTED_FIRMS) + small_town.sandbox()
    _note("done")
    return made


def _live(town: Town) -> None:
    entries = story.agenda(town)
    told = click.progressbar(
        entries, label="演示小镇 demo town", item_show_func=lambda entry: entry.label if entry else ""
    )
    with told as bar:
        for entry in bar:
            town.move_on(entry.at)
            entry.act(town)


def _note(word: str) -> None:
    """In the trail, so that a town whose making was interrupted is never taken for a whole one."""
    sql.write(lambda session: audit_trail.done(session, "demo", ACTION, "", word))


def _write_logins(target: Path, logins: Logins) -> None:
    """For the banner of `make run`. Demo only: these are secrets in the clear."""
    if settings().profile == "demo":
        target.write_text(json.dumps(logins, ensure_ascii=False, indent=1))
