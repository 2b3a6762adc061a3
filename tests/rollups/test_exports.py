"""A file equals the page, goes on where a killed worker stopped, names nobody, and is larger than memory."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text

from app import sql
from app.domain import sheets
from app.domain.refusals import Refusal, Refused
from app.extensions import db
from app.leases import LeaseLost
from campaigns.exports import files, rows
from campaigns.statistics import statistics
from loadtest.bench.settling import filling
from tests.conftest import DATABASES
from tests.kit import inside
from tests.kit.forks import ROOT
from tests.kit.servers import RedisServer
from tests.kit.world import open_world
from tests.rollups.random_town import RandomTown

ROWS = int(os.environ.get("EXPORT_ROWS") or 20_000)
MOST_GROWTH_KB = 200 * 1024
# The most memory this process ever had, in KB; what the kernel tells of a child's usage begins with its parent's.
GROWTH = """
import re, sys
from pathlib import Path
from campaigns.exports import files
from workers.context import application

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

with application().app_context():
    before = most()
    files.write(sys.argv[1])
    print(most() - before)
"""


@pytest.fixture(scope="module", params=DATABASES)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RandomTown]:
    """Somewhere a hundred things have happened."""
    redis, home = RedisServer().start(), tmp_path_factory.mktemp("exports")
    address = f"sqlite:///{home}/exports.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("exports")
    with open_world(address, redis.url, home) as world:
        town = RandomTown(world, seed=2, size=60)
        for _ in range(120):
            town.step()
        yield town
    redis.remove()


def asked(town: RandomTown, kind: str = "redemptions") -> str:
    """A file is asked for by somebody."""
    asker = town.world.one("SELECT id FROM staff ORDER BY id")
    answer = sql.write(lambda session: files.ask(session, town.campaign_id, kind, asker))
    return str(answer.object_id)


def job(export_id: str) -> dict[str, object]:
    """What the door says of it."""
    with sql.reading() as session:
        return files.shown(files.find(session, export_id))


def written(export_id: str) -> tuple[bytes, list[dict[str, str]]]:
    """The file and its rows by column."""
    content = b"".join(files.content(export_id))
    lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return content, [
        {name.rpartition("）")[2].split()[-1]: cell for name, cell in line.items()} for line in lines
    ]


def test_a_file_equals_the_page(town: RandomTown, monkeypatch: pytest.MonkeyPatch):
    """Rows, sums and hash of a file in many parts; both kinds; asked for twice it is the same file."""
    monkeypatch.setattr(rows, "AT_ONCE", 7)
    with sql.snapshot() as session:
        totals = statistics(session, town.campaign_id)["totals"]
    for kind in ("redemptions", "hours"):
        export_id = asked(town, kind)
        with pytest.raises(Refused) as refused:
            files.content(export_id)
        assert refused.value.refusal is Refusal.EXPORT_NOT_READY
        files.write(export_id)
        content, lines = written(export_id)
        said = job(export_id)
        assert said["sha256"] == hashlib.sha256(content).hexdigest() and said["byte_count"] == len(content)
        assert (said["row_count"], said["progress"]) == (len(lines), 1.0)
        for name in ("subsidy_fen", "direct_fen"):
            assert sum(int(line[name]) for line in lines) == totals[name] == said[name]
        again = asked(town, kind)
        assert files.write(again).endswith(str(said["sha256"])) and files.write(again).endswith(
            "nothing to do"
        )
    assert totals["direct_fen"] > 0 and totals["reversed"] > 0


def test_nobody_is_named(town: RandomTown):
    """No citizen, no voucher, no phone, no name stands in it."""
    export_id = asked(town)
    files.write(export_id)
    content = written(export_id)[0].decode()
    with sql.reading() as session:
        for query in ("SELECT id FROM citizen", "SELECT id FROM voucher", "SELECT handle FROM code_handle"):
            assert [name for name in session.scalars(text(query)) if str(name) in content] == []


def test_no_cell_is_a_formula():
    """Text that a spreadsheet would work out; numbers stay numbers."""
    line = sheets.guarded_csv([["=1+1", "+86", "-1", "@SUM(A1)", "\tx", "平安", -500]])
    assert line == "'=1+1,'+86,'-1,'@SUM(A1),'\tx,平安,-500\r\n"


def test_another_worker_goes_on_where_one_was_killed(town: RandomTown, monkeypatch: pytest.MonkeyPatch):
    """The one that comes back late writes nothing; the file is the same as one written in peace."""
    monkeypatch.setattr(rows, "AT_ONCE", 7)
    peaceful, export_id = asked(town), asked(town)
    files.write(peaceful)
    late = sql.write(lambda session: files._take(session, export_id))
    assert late is not None
    sql.write(lambda session: files._write_part(session, export_id, late))
    assert files.write(export_id) == f"{export_id}: nothing to do"
    town.world.do("UPDATE export_job SET lease_until = 0 WHERE id = :id", id=export_id)
    assert files.due(town.world.one("SELECT MAX(asked_at) FROM export_job")) == [export_id]
    assert files.write(export_id).endswith(str(job(peaceful)["sha256"]))
    for act in (files._write_part, files._finish):
        with pytest.raises(LeaseLost):
            sql.write(partial(act, export_id=export_id, lease_epoch=late))
    assert job(export_id)["sha256"] == job(peaceful)["sha256"]


def told(count: int) -> None:
    """Where it takes a while, that it goes on."""
    if ROWS > 20_000:
        sys.stderr.write(f"\r{count:,} rows more of {ROWS:,} ")


def test_a_file_is_larger_than_what_its_worker_takes(town: RandomTown):
    """A worker alone writes it; its memory grows by less than 200 MB. `make export-million` takes a million rows."""
    database = db.engine.dialect.name
    address = (
        db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "").removeprefix("sqlite:///")
    )
    campaign = town.world.one("SELECT id FROM campaign WHERE name LIKE '%演示%'")
    batch = town.world.one("SELECT id FROM batch WHERE campaign_id = :c ORDER BY id", c=campaign)
    town.world.do("UPDATE batch SET stock = :n WHERE id = :b", n=ROWS, b=batch)
    with filling.behind(database, address) as run:
        filling.places(run, database)
        filling.redemptions(run, database, campaign, batch, 0, ROWS, told)
    town.campaign_id = campaign
    export_id = asked(town)
    env = {**os.environ, **inside.environment(db.engine.url.render_as_string(hide_password=False))}
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, export_id],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    grown_kb = int(done.stdout)
    said = job(export_id)
    assert (said["row_count"], said["subsidy_fen"]) == (ROWS, ROWS * filling.FACE_FEN)
    sys.stderr.write(
        f"\r{database}: {ROWS:,} rows, {said['byte_count']:,} bytes, {grown_kb:,} KB more memory\n"
    )
    assert grown_kb < MOST_GROWTH_KB
