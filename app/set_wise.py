"""One statement for any number of rows, and several statements on one trip to the database.

A round trip costs both sides more than most of these statements do, and whoever holds a lock holds it that much longer.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection
from sqlalchemy.orm import Session

POSTGRESQL = "postgresql"
TRIP = "trip"  # of a session or connection that is on one, in its `info`


class LostRace(Exception):
    """A fence did not let this write pass although the rules had: somebody was faster, decide again."""


class Rows(list[Any]):
    """What a statement returned, as named tuples; `rowcount`: how many rows it found or changed.

    SQLAlchemy's own rows find a column by its name in twenty times the time.
    """

    def __init__(self, found: Iterable[Any] = (), rowcount: int = 0) -> None:
        super().__init__(found)
        self.rowcount = rowcount

    def scalars(self) -> list[Any]:
        """The first column."""
        return [row[0] for row in self]

    def scalar_one(self) -> Any:
        """The one value. Raises ValueError where there is not one row."""
        ((value, *_),) = self
        return value

    def one_or_none(self) -> Any | None:
        """The row, if there is one. Raises ValueError where there are more."""
        if not self:
            return None
        (row,) = self
        return row


@dataclass(frozen=True)
class _Trip:
    """What has been sent and not been heard yet: psycopg's pipeline, and the fences to look at in the end."""

    pipeline: Any
    fences: list[Callable[[], None]] = field(default_factory=list)


@contextmanager
def one_trip(on: Session | Connection) -> Iterator[None]:
    """Statements in this block travel together as far as none waits for the answer of another.

    PostgreSQL gets them in their order, in one piece; what they found, their errors and their lost races are heard when
    somebody asks, at the end of the block at the latest. By statements of this module only: SQLAlchemy's own want their
    answers at once. SQLite is no way off, everything happens at once.
    """
    connection = on.connection() if isinstance(on, Session) else on
    if connection.dialect.name != POSTGRESQL:
        yield
        return
    try:
        with connection.connection.driver_connection.pipeline() as pipeline:  # type: ignore[union-attr]
            trip = on.info[TRIP] = _Trip(pipeline)
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, "one trip", None, None, None)  # raises it as SQLAlchemy's
    finally:
        on.info.pop(TRIP, None)
    for fence in trip.fences:
        fence()


class Statement:
    """One statement, in the words of each database's driver."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._row: Callable[[Iterable[Any]], Any] | None = None  # makes one of its result, once it has run

    def on(self, dialect: str) -> str:
        """Its text for this database's driver."""
        return self._words[dialect]

    def send(self, on: Session | Connection, values: Any) -> Callable[[], Rows]:
        """Run it. Calling what is returned tells what it found; on a trip that is when it is waited for."""
        connection = on.connection() if isinstance(on, Session) else on
        # By the driver's own cursor: what is always the same costs more to compile, and its result more to describe,
        # than most of these statements cost to run.
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.on(connection.dialect.name), self._bound(connection.dialect.name, values))
        except connection.dialect.loaded_dbapi.Error as error:
            self._tell(error, connection, cursor)
        trip: _Trip | None = on.info.get(TRIP)
        if trip is not None:
            # Not the trip itself, which has fences that hear: a circle, and all its cursors would stay until Python
            # looks for circles.
            return partial(self._hear, connection, cursor, trip.pipeline)
        heard = self._hear(connection, cursor)
        return lambda: heard

    def _bound(self, dialect: str, values: Any) -> Mapping[str, Any]:  # noqa: ARG002  # the same for all of them here
        return values

    def _hear(self, connection: Connection, cursor: Any, pipeline: Any = None) -> Rows:
        try:
            if pipeline is not None and cursor.pgresult is None:
                pipeline.sync()
            found = cursor.fetchall() if cursor.description else []
        except connection.dialect.loaded_dbapi.Error as error:
            self._tell(error, connection, cursor)
        return Rows(
            map(self._row or self._named(cursor.description), found) if found else (), cursor.rowcount
        )

    def _tell(self, error: BaseException, connection: Connection, cursor: Any) -> None:
        """Raises it as SQLAlchemy's."""
        statement = self.on(connection.dialect.name)
        connection._handle_dbapi_exception(error, statement, None, cursor, None)

    def _named(self, described: Sequence[Any]) -> Callable[[Iterable[Any]], Any]:
        self._row = namedtuple("Found", [column[0] for column in described])._make  # type: ignore[attr-defined]
        return self._row


class SetWise(Statement):
    """One statement for any number of rows: `{items}` in its text stands for them, as a FROM item named `item`.

    The rows travel to SQLite as one JSON array, to PostgreSQL as an array of each column, which are unfolded there;
    `columns` are PostgreSQL's types: text, bigint or boolean.
    `lock` names the table whose rows a SELECT holds until COMMIT, against everybody who would change them; rows that
    only refer to one (a redemption line to a batch that is being claimed) do not wait for it.
    """

    def __init__(self, template: str, *, lock: str | None = None, **columns: str) -> None:
        picked = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        hold = f" FOR NO KEY UPDATE OF {lock}" if lock else ""
        arrays = {name: f"CAST(%({name})s AS {kind}[])" for name, kind in columns.items()}
        # In a SELECT's list they are unfolded side by side, as FROM items each would be stored first. PostgreSQL takes
        # an array's items for ten: too many to look each up in a table that is small when it plans, for good (ADR 15).
        # A condition that it takes to pick one in two hundred leaves it one item; their numbers are an array as well,
        # since `generate_subscripts` is taken for a thousand.
        arrays["nth"] = "CAST(%(nth)s AS bigint[])"
        unfolded = ", ".join(f"unnest({array}) AS {name}" for name, array in arrays.items())
        items = {
            POSTGRESQL: f"(SELECT * FROM (SELECT {unfolded}) AS unfolded WHERE nth + 0 = nth) AS item",
            "sqlite": f"(SELECT {picked} FROM json_each(:items)) AS item",
        }
        self.template, self.lock, self.columns = template, lock, columns
        self._arrays = {name: _array if kind == "text" else _plain_array for name, kind in columns.items()}
        super().__init__(
            {
                name: template.replace("{items}", source) + (hold if name == POSTGRESQL else "")
                for name, source in items.items()
            }
        )

    def ask(self, on: Session | Connection, rows: Sequence[Mapping[str, Any]]) -> Callable[[], Rows]:
        """Run it for these rows; for none nobody is asked. Calling what is returned tells what it found."""
        if not rows:
            return Rows
        return self.send(on, rows)

    def _bound(self, dialect: str, values: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        if dialect == POSTGRESQL:
            columns = {name: array([row[name] for row in values]) for name, array in self._arrays.items()}
            return {**columns, "nth": _plain_array(range(len(values)))}
        items = [{name: row[name] for name in self.columns} for row in values]
        return {"items": orjson.dumps(items).decode()}

    def run(self, on: Session | Connection, rows: Sequence[Mapping[str, Any]]) -> Rows:
        """`ask`, and wait for it; as a fence, `rowcount` says how many met its condition."""
        return self.ask(on, rows)()

    def must(self, session: Session, rows: Sequence[Mapping[str, Any]], what: str) -> None:
        """As a fence: LostRace of `what` where not each of these rows, if there are any, met its condition."""
        pass_all = partial(_pass, self.ask(session, rows), len(rows), what)
        trip: _Trip | None = session.info.get(TRIP)
        if trip is None:
            pass_all()
        else:
            trip.fences.append(pass_all)


def _pass(heard: Callable[[], Rows], wanted: int, what: str) -> None:
    if heard().rowcount != wanted:
        raise LostRace(what)


def _array(texts: Sequence[str | None]) -> str:
    """An array as PostgreSQL reads it (its manual, 8.15.6); the driver's own way takes ten times as long."""
    try:
        inside = '","'.join(texts)  # type: ignore[arg-type]
    except TypeError:  # one of them is None
        inside = ""
    else:
        if "\\" not in inside and inside.count('"') == 2 * (len(texts) - 1):
            return f'{{"{inside}"}}'
    return f"{{{','.join(map(_quoted, texts))}}}"


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _plain_array(values: Sequence[int | None]) -> str:
    """The same of what needs no quotes."""
    return f"{{{','.join(map(str, values)).replace('None', 'NULL')}}}"


def beside_indexes(column: str) -> str:
    """This text column, in a condition by which no index shall be chosen.

    A partial index is small while a morning's plans are made, so small that reading all of it costs no more than one
    look by key; and such a plan stays for good (ADR 15).
    """
    return f"({column} || '')"
