"""SQLite: one writer at a time, in line, and statements that know their way by key."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import QueuePool, text

from app import sql, sqlite
from app.domain.refusals import Refusal, Refused
from app.extensions import db
from tests.kit import forks, inside
from tests.kit.counting import add_one, counter, value
from tests.kit.statements import set_wise
from tests.kit.together import all_at_once

PROCESSES, TIMES = 4, 200
COLUMNS_OF_INDEXES = (
    "SELECT m.name, count(*) FROM sqlite_master m, pragma_index_info(m.name)"
    " WHERE m.type = 'index' GROUP BY m.name"
)
# What a statement makes for itself may be read through.
OF_ITS_OWN = {"json_each", "item", "asked", "wanted", "held", "(subquery-4)"}
# What is rightly found by a part of a key: a citizen's vouchers and latest scans, the scans of a handle.
BY_A_PART = {"ix_voucher_citizen_id_id": 1, "ix_scan_citizen_id_scanned_at": 1, "uq_scan_accepted": 2}


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Flask]:
    """The embedded default."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/sql.db"))
    yield app
    inside.close(app)


def test_sqlite_keeps_what_it_acknowledged(on_sqlite: Flask):
    """Every connection: write-ahead log, synchronous FULL (2), foreign keys."""
    with on_sqlite.app_context(), db.engine.connect() as one, db.engine.connect() as other:
        for connection in (one, other):
            found = [
                connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
            assert found == ["wal", 2, 1]


@pytest.mark.race
def test_four_processes_that_read_and_then_write_lose_nothing(on_sqlite: Flask, tmp_path: Path):
    """BEGIN IMMEDIATE: 800 increments by four processes at once are 800."""
    with on_sqlite.app_context():
        key = counter()
    env = inside.environment(f"sqlite:///{tmp_path}/sql.db")
    log = tmp_path / "counting.log"
    running = [forks.module(env, log, "tests.kit.counting", key, str(TIMES)) for _ in range(PROCESSES)]
    assert [process.wait(timeout=100) for process in running] == [0] * PROCESSES, log.read_text()
    with on_sqlite.app_context():
        assert value(key) == PROCESSES * TIMES


@pytest.mark.race
def test_threads_of_one_process_take_turns(on_sqlite: Flask):
    """Eight threads, 25 increments each."""
    with on_sqlite.app_context():
        key = counter()

    def count() -> None:
        with on_sqlite.app_context():
            for _ in range(25):
                sql.write(lambda session: add_one(session, key))

    all_at_once([count] * 8)
    with on_sqlite.app_context():
        assert value(key) == 200


def test_a_writer_that_never_ends_does_not_hold_up_the_others_for_ever(
    on_sqlite: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Another process holds the one write lock: the client is told to come back, and can."""
    monkeypatch.setattr(sqlite, "WAIT_S", 0.2)
    with on_sqlite.app_context():
        key = counter()
        holder = sqlite3.connect(tmp_path / "sql.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused) as refused:
            sql.write(lambda session: add_one(session, key))
        assert refused.value.refusal is Refusal.UNAVAILABLE
        holder.execute("ROLLBACK")
        holder.close()
        sql.write(lambda session: add_one(session, key))
        assert value(key) == 1
        assert cast(QueuePool, db.engine.pool).checkedout() == 0


@pytest.fixture
def key(on_sqlite: Flask) -> str:
    """A number in the database."""
    with on_sqlite.app_context():
        return counter()


@pytest.fixture
def first_in_line(key: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands first in the line of writers and stays there."""
    held = (
        "import fcntl, sys, time; line = open(sys.argv[1], 'a'); fcntl.flock(line, fcntl.LOCK_EX);"
        " print(flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", held, f"{tmp_path}/sql.db-turn"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_line_that_does_not_move_is_left_and_found_again(
    on_sqlite: Flask, key: str, first_in_line: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
):
    """A stopped process stands in front: the client is told to come back; what waited for it blocks nobody later."""
    monkeypatch.setattr(sqlite, "WAIT_S", 0.2)
    with on_sqlite.app_context():
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                sql.write(lambda session: add_one(session, key))
            assert refused.value.refusal is Refusal.UNAVAILABLE
        monkeypatch.setattr(sqlite, "WAIT_S", 5.0)
        first_in_line.kill()
        sql.write(lambda session: add_one(session, key))
        assert value(key) == 1


@pytest.mark.race
def test_who_is_killed_in_front_lets_the_next_one_write(
    on_sqlite: Flask, key: str, first_in_line: subprocess.Popen[bytes]
):
    """The kernel gives the turn on as soon as its holder is gone."""

    def count() -> None:
        with on_sqlite.app_context():
            sql.write(lambda session: add_one(session, key))

    def kill() -> None:
        time.sleep(0.3)
        first_in_line.kill()

    all_at_once([count, count, kill])
    with on_sqlite.app_context():
        assert value(key) == 2


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A migrated database on the morning of the opening. Foreign keys are off: see below."""
    home = tmp_path_factory.mktemp("plans")
    inside.close(inside.migrated(inside.environment(f"sqlite:///{home}/empty.db")))
    connection = sqlite3.connect(home / "empty.db")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", set_wise())
def test_a_statement_for_many_finds_every_row_by_its_key(name: str, empty: sqlite3.Connection):
    """The plan of an empty database, which is never analysed, is the plan of every day: no table is read through.

    Foreign keys look through a table only while something is missing, and their plan is shown always.
    """
    columns = dict(empty.execute(COLUMNS_OF_INDEXES)) | BY_A_PART
    explain = f"EXPLAIN QUERY PLAN {set_wise()[name].on('sqlite')}"
    plan = [detail for *_, detail in empty.execute(explain, {"items": "[]"})]
    read_through = {step.split()[1] for step in plan if step.startswith("SCAN")} - OF_ITS_OWN
    assert not read_through, plan
    for index, found_by in re.findall(r"USING (?:COVERING )?INDEX (\S+) \((.*)\)", "\n".join(plan)):
        assert found_by.count("=?") >= columns[index], plan
