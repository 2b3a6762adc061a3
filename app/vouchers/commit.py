"""Group commit: requests of one process that arrive together share one transaction (design 3.1, hop 3).

There is no timer: whoever serves a lane takes all who wait, serves them, takes all who have come meanwhile. An unloaded
request waits for nobody, and is served by its own thread: to wake another one would cost it a good part of its time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import logs, sql
from app.domain.refusals import Refusal, Refused

Item = TypeVar("Item")
Out = TypeVar("Out")
_making = threading.Lock()
MOST_IN_A_GROUP = 128


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Out]):
    """A request in the queue, what keeps it apart from others, and who wants to hear its outcome."""

    item: Item
    names: frozenset[Hashable]
    hear: Callable[[Out | Exception], None]


class _Heard(Generic[Out]):
    """What many items hear, for one who waits for all of it: one event, not one an item."""

    def __init__(self, count: int) -> None:
        self._outcomes: dict[int, Out | Exception] = {}
        self._count = count
        self._all = threading.Event()

    def is_all(self) -> bool:
        """Whether nothing is left to wait for."""
        return self._all.is_set()

    def put(self, place: int, outcome: Out | Exception) -> None:
        """Said once for each place, by whichever thread."""
        self._outcomes[place] = outcome
        if len(self._outcomes) == self._count:
            self._all.set()

    def wait(self) -> list[Out | Exception]:
        """All outcomes, in the order of their places."""
        self._all.wait()
        return [self._outcomes[place] for place in range(self._count)]


class Lane(Generic[Item, Out]):
    """A queue in front of one use case that is served in groups, one at a time, inside the application's context.

    Who waits for an outcome serves the lane while nobody else does, until it has its own; for listeners, and for who is
    left then, the lane has a thread.

    `serve` gets a group and returns one outcome per item, in order; an outcome that is an exception is raised for its
    own request only. Items that share one of their `apart` names (one name, or a frozenset of them) never share a
    group: the second waits for the next one.
    """

    def __init__(
        self,
        app: Flask,
        serve: Callable[[list[Item]], Sequence[Out | Exception]],
        apart: Callable[[Item], Hashable],
        *,
        most: int = MOST_IN_A_GROUP,
        most_waiting: int = 2_000,
    ) -> None:
        self._app = app
        self._serve = serve
        self._apart = apart
        self._most = most
        self._most_waiting = most_waiting
        self._queue: deque[_Waiting[Item, Out]] = deque()
        self._somebody_waits = threading.Condition()
        self._is_served = False
        self._name = serve.__module__
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def submit(self, items: Sequence[tuple[Item, Callable[[Out | Exception], None]]]) -> None:
        """Queue these up; their listeners get the outcomes, in whichever thread; OVERLOADED when too many wait."""
        waiting = self._named(items)
        with self._somebody_waits:
            room = self._queue_up(waiting)
            if not self._is_served:
                self._somebody_waits.notify()
        _turn_away(waiting[room:])

    def run(self, item: Item) -> Out:
        """Be served in a group. Raises what the group decided for this item; Refused(OVERLOADED) when too many wait."""
        (outcome,) = self.run_all([item])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def run_all(self, items: Sequence[Item]) -> list[Out | Exception]:
        """Have all of these served, in as few groups as can be; one outcome per item, in order."""
        if not items:
            return []
        sql.count_write()
        heard: _Heard[Out] = _Heard(len(items))
        waiting = self._named([(item, partial(heard.put, place)) for place, item in enumerate(items)])
        with self._somebody_waits:
            room = self._queue_up(waiting)
            serves, self._is_served = not self._is_served, True
        _turn_away(waiting[room:])
        if serves:
            self._serve_until(heard.is_all)
        return heard.wait()

    def _named(
        self, items: Sequence[tuple[Item, Callable[[Out | Exception], None]]]
    ) -> list[_Waiting[Item, Out]]:
        return [_Waiting(item, _names(self._apart(item)), hear) for item, hear in items]

    def _queue_up(self, waiting: Sequence[_Waiting[Item, Out]]) -> int:
        """With the lock held; returns for how many there was room."""
        room = max(0, self._most_waiting - len(self._queue))
        self._queue.extend(waiting[:room])
        return room

    def _work(self) -> None:
        while True:
            with self._somebody_waits:
                self._somebody_waits.wait_for(lambda: self._queue and not self._is_served)
                self._is_served = True
            self._serve_until(lambda: False)

    def _serve_until(self, is_enough: Callable[[], bool]) -> None:
        """Serve group after group until it is enough or nobody waits; whoever waits then is the thread's."""
        while True:
            with self._somebody_waits:
                if is_enough() or not self._queue:
                    self._is_served = False
                    if self._queue:
                        self._somebody_waits.notify()
                    return
                group = self._take()
            self._serve_group(group)

    def _serve_group(self, group: list[_Waiting[Item, Out]]) -> None:
        """Whatever goes wrong, somebody hears it, and the lane lives on for whoever comes next."""
        try:
            with self._app.app_context():
                outcomes: Sequence[Out | Exception] = self._serve([each.item for each in group])
            if len(outcomes) != len(group):
                raise ValueError(f"{len(outcomes)} outcomes for {len(group)} items")
        except Exception as error:  # it is everybody's: each request raises it for itself
            outcomes = [error] * len(group)
        for each, outcome in zip(group, outcomes, strict=True):
            try:
                each.hear(outcome)
            except Exception as error:
                logs.log.error("unheard", lane=self._name, exc_info=error)

    def _take(self) -> list[_Waiting[Item, Out]]:
        """With the lock held: the next group in order of arrival, no name twice in it.

        Nobody overtakes who waits for the same name.
        """
        group: list[_Waiting[Item, Out]] = []
        later: list[_Waiting[Item, Out]] = []
        there: set[Hashable] = set()
        while self._queue and len(group) < self._most:
            each = self._queue.popleft()
            (group if there.isdisjoint(each.names) else later).append(each)
            there |= each.names
        self._queue.extendleft(reversed(later))
        return group


def _turn_away(waiting: Iterable[_Waiting[Any, Any]]) -> None:
    for each in waiting:
        each.hear(Refused(Refusal.OVERLOADED))


def _names(apart: Hashable) -> frozenset[Hashable]:
    return apart if isinstance(apart, frozenset) else frozenset([apart])


def lane(
    app: Flask,
    name: str,
    serve: Callable[[list[Item]], Sequence[Out | Exception]],
    apart: Callable[[Item], Hashable],
    *,
    most: int = MOST_IN_A_GROUP,
) -> Lane[Item, Out]:
    """This process's lane of that name, made when it is first wanted: after the fork, since it is a thread."""
    with _making:
        lanes: dict[str, Lane[Any, Any]] = app.extensions.setdefault("lanes", {})
        if name not in lanes:
            lanes[name] = Lane(app, serve, apart, most=most)
    return lanes[name]


def together(
    items: Sequence[Item], decide: Callable[[Session, Sequence[Item]], Sequence[Out]]
) -> list[Out | Exception]:
    """One transaction for all items; `decide` returns one outcome per item and treats a refusal as a value.

    Deadlocks, lost connections and lost races run the whole group again with the same keys. Only an error that comes
    again and again, or a mistake of ours, splits it, by halves, in savepoints of one transaction: a poison item fails
    alone. Raises Refused(UNAVAILABLE) or Refused(IN_PROGRESS) for all when SQL cannot be reached or a row stays locked.
    """
    try:
        return list(sql.write(lambda session: decide(session, items)))
    except Exception as error:
        if not sql.is_poison(error):
            raise
        if len(items) == 1:
            return [_told(error)]
        return sql.write(lambda session: _by_halves(session, items, decide))


def _by_halves(
    session: Session, items: Sequence[Item], decide: Callable[[Session, Sequence[Item]], Sequence[Out]]
) -> list[Out | Exception]:
    try:
        with session.begin_nested():
            return list(decide(session, items))
    except Exception as error:
        if not sql.is_poison(error):
            raise
        if len(items) == 1:
            return [_told(error)]
        middle = len(items) // 2
        return _by_halves(session, items[:middle], decide) + _by_halves(session, items[middle:], decide)


def _told(error: Exception) -> Exception:
    """What the poison item hears: of SQL that its key may be tried again, of a mistake of ours the mistake."""
    known = isinstance(error, DBAPIError | sql.LostRace)
    return Refused.because(Refusal.UNAVAILABLE, error) if known else error
