"""`flask seed citizens`: a whole city at once, for load tests and benchmarks; production refuses."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from stdnum.cn import ric

from app import clock, sessions, sql
from app.ankang import apply
from app.ankang.counters import raise_counter
from app.extensions import db, settings
from app.models import Citizen

group = AppGroup("seed", help="Made-up people in great numbers.")

CHUNK = 10_000
AREA = "340803"
FIRST_BIRTHDAY = date(1940, 1, 1)
BORN_A_DAY = 999
# Birthdays until 2005; the phone numbers would last for more.
MOST = 24_000 * BORN_A_DAY
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "安庆大观菱湖德宽花亭玉琳"


@group.command("citizens")
@click.argument("count", type=click.IntRange(min=1))
@click.option(
    "--tokens",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a session token of each new citizen into this file, one a line.",
)
def citizens(count: int, tokens: Path | None) -> None:
    """Register COUNT more made-up citizens, set-wise, with the same sealed columns as everybody's."""
    if settings().profile == "production":
        raise click.ClickException("生产环境不造人 no made-up people in production")
    with sql.reading() as session:
        first = session.scalar(select(func.count()).select_from(Citizen)) or 0
    if first + count > MOST:
        raise click.ClickException(f"最多 at most {MOST:,}")
    chunks = [range(start, min(start + CHUNK, first + count)) for start in range(first, first + count, CHUNK)]
    with (
        Path(tokens or os.devnull).open("w", encoding="ascii") as file,
        click.progressbar(length=count, label="居民 citizens") as bar,
        ProcessPoolExecutor(os.cpu_count(), get_context("fork"), initializer=_alone) as pool,
    ):
        for made in pool.map(_register, chunks):
            file.writelines(f"{token}\n" for token in made)
            bar.update(len(made))


def _alone() -> None:
    """A forked process must not speak on the connections of its parent."""
    db.engine.dispose(close=False)


def _register(numbers: range) -> list[str]:
    """Make these people. Returns their session tokens."""
    at = clock.now()
    people = [person(number) for number in numbers]
    rows = [apply.sealed(one, at) for one in people]
    sql.write(partial(_insert, rows=rows, at=at))
    return [sessions.citizen_token(row["id"], at)[0] for row in rows]


def _insert(session: Session, rows: list[dict[str, Any]], at: int) -> None:
    session.execute(insert(Citizen.__table__), rows)  # type: ignore[arg-type]  # Core: no object for each row
    raise_counter(session, at, "applied", times=len(rows))


def person(number: int) -> apply.Applicant:
    """The same number is always the same person, so nobody is made twice."""
    day, nth = divmod(number, BORN_A_DAY)
    born = FIRST_BIRTHDAY + timedelta(days=day)
    seventeen = f"{AREA}{born:%Y%m%d}{nth + 1:03d}"
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)] + GIVEN[number // 7 % len(GIVEN)]
    return apply.Applicant(name, seventeen + ric.calc_check_digit(seventeen + "0"), f"19{number:09d}")
