"""Who waits to write to SQLite in one process goes together: one transaction and one COMMIT for all of them.

SQLite has one writer at a time, and a COMMIT waits for the disk. So whoever comes while a transaction is under way
shares the next one, each in a savepoint of its own. The first of them does the work of all; then the first of those
who came meanwhile. There is no timer: who comes alone waits for nobody and needs no savepoint.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app import sqlite
from app.domain.refusals import Refusal, Refused

T = TypeVar("T")
MOST_TOGETHER = 16


@dataclass(eq=False, slots=True)
class _Writer:
    """One who waits. What it does happens in its own context, whoever's thread does it."""

    work: Callable[[Session], Any]
    context: Context = field(default_factory=copy_context)
    called: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False

    def act(self, session: Session) -> None:
        """Do it."""
        self.result = self.context.run(self.work, session)

    def end(self, error: BaseException | None = None) -> None:
        """It is committed, or this error ended it."""
        self.error = self.error or error
        self.is_done = True
        self.called.set()


class Writers:
    """The writers of one process on one SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._database = str(engine.url.database)
        self._door = threading.Lock()
        self._waiting: deque[_Writer] = deque()
        self._somebody_leads = False

    def run(self, work: Callable[[Session], T]) -> T:
        """Do `work` in a transaction; it is committed on return. Raises what it, the COMMIT or the line raised.

        Refused(UNAVAILABLE): nothing moved for 5 s; then nothing was done.
        """
        mine = _Writer(work)
        with self._door:
            self._waiting.append(mine)
            leads, self._somebody_leads = not self._somebody_leads, True
        if not leads:
            self._wait(mine)
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        result: T = mine.result
        return result

    def _wait(self, mine: _Writer) -> None:
        """Until it is done, or it is ours to lead."""
        if mine.called.wait(sqlite.WAIT_S):
            return
        with self._door:
            gives_up = mine in self._waiting and not mine.called.is_set()
            if gives_up:
                self._waiting.remove(mine)
        if gives_up:
            raise Refused(Refusal.UNAVAILABLE)
        mine.called.wait()

    def _lead(self) -> None:
        """Do the work of all who wait, then call the next leader."""
        group: list[_Writer] = []
        try:
            with sqlite.turn(self._database):
                group = self._take()
                self._commit(group)
        except BaseException as error:  # it is everybody's: each raises it for itself
            for each in group or self._take():
                each.end(error)
        finally:
            for each in group:
                each.end()
            with self._door:
                self._somebody_leads = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].called.set()

    def _take(self) -> list[_Writer]:
        with self._door:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]

    def _commit(self, group: list[_Writer]) -> None:
        if len(group) == 1:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                group[0].act(session)
            return
        with self._engine.begin() as connection:
            for each in group:
                _aside(connection, each)


def _aside(connection: Connection, writer: _Writer) -> None:
    """In a savepoint: what goes wrong is its own. Raises where SQLite gave the whole transaction up."""
    try:
        with (
            Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            writer.act(session)
    except BaseException as error:
        raw: Any = connection.connection.dbapi_connection
        if not raw.in_transaction:
            raise
        writer.error = error
