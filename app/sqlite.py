"""SQLite as a database of many writers: WAL, `synchronous=FULL`, foreign keys, and one line of writers.

Every write begins with `BEGIN IMMEDIATE` (a deferred transaction that becomes a writer loses updates silently or
fails late). SQLite lets a second writer knock again and again; ours stand in line instead, at a file beside the
database, where the kernel wakes the next one. The line is politeness, not safety: whoever stays out of it meets
SQLite's own lock. Who waits in one process goes together (`app/sqlite_writers.py`).
"""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.domain.refusals import Refusal, Refused

WAIT_S = 5.0
# Execution options: what a transaction is for. Without one it is a look at one moment.
WRITES = {"ankang": "writes"}
EACH_BY_ITSELF = {"ankang": "each by itself"}


def prepare(engine: Engine) -> None:
    """Attach these rules to an engine."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


@contextmanager
def turn(database: str) -> Iterator[None]:
    """Be the one writer of this file inside. Raises Refused(UNAVAILABLE) when the line does not move for 5 s."""
    line = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _stand_in_line(line)
        yield
    finally:
        os.close(line)  # whoever holds it leaves with it, killed or not


def _stand_in_line(line: int) -> None:
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    except BlockingIOError:
        pass
    our_turn = threading.Event()
    own = os.dup(line)  # of the same open file: the lock is held as long as either is open

    def wait() -> None:
        fcntl.flock(own, fcntl.LOCK_EX)
        os.close(own)
        our_turn.set()

    threading.Thread(target=wait, name="sqlite-turn", daemon=True).start()  # a system call has no time limit
    if not our_turn.wait(WAIT_S):
        raise Refused(Refusal.UNAVAILABLE)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    options = connection.get_execution_options()
    if options.items() >= EACH_BY_ITSELF.items():
        return
    if not options.items() >= WRITES.items():
        raw.execute("BEGIN")
        return
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if time.monotonic() > deadline:
                raise Refused(Refusal.UNAVAILABLE) from error
            time.sleep(random.uniform(0.001, 0.004))  # somebody who does not know of the line
