"""Group commit: requests of one process that arrive together share one transaction (design 3.1, hop 3).

There is no timer: whoever finds nobody leading leads, yields once to the loop so that those who are already there can
join, and serves all who wait. Who arrives meanwhile is the next group. An unloaded request waits for nobody.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import sql
from app.domain.refusals import Refusal, Refused

Item = TypeVar("Item")
Out = TypeVar("Out")


class _Waiting(Generic[Item, Out]):
    """A request in the queue: woken either served or to lead."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.served = False
        self.outcome: Out | Exception | None = None
        self._bell = threading.Lock()
        self._bell.acquire()

    def wake(self) -> None:
        self._bell.release()

    def wait(self) -> None:
        self._bell.acquire()


class Lane(Generic[Item, Out]):
    """A queue in front of one use case.

    `serve` gets a group and returns one outcome per item, in order; an outcome that is an exception is raised for its
    own request only. Items with the same `apart` never share a group: the second waits for the next one.
    """

    def __init__(
        self,
        serve: Callable[[list[Item]], Sequence[Out | Exception]],
        apart: Callable[[Item], Hashable],
        *,
        most: int = 128,
        most_waiting: int = 2_000,
    ) -> None:
        self._serve = serve
        self._apart = apart
        self._most = most
        self._most_waiting = most_waiting
        self._queue: deque[_Waiting[Item, Out]] = deque()
        self._led = False
        self._guard = threading.Lock()

    def run(self, item: Item) -> Out:
        """Be served in a group. Raises what the group decided for this item; Refused(OVERLOADED) when too many wait."""
        mine = _Waiting[Item, Out](item)
        if not self._join(mine):
            mine.wait()
        if not mine.served:  # it leads, and stands first in the queue
            time.sleep(0)  # lets everybody who has already arrived join
            self._lead()
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return mine.outcome  # type: ignore[return-value]

    def _join(self, mine: _Waiting[Item, Out]) -> bool:
        """Queue up; True when this request has to lead."""
        with self._guard:
            if len(self._queue) >= self._most_waiting:
                raise Refused(Refusal.OVERLOADED)
            self._queue.append(mine)
            leads, self._led = not self._led, True
            return leads

    def _lead(self) -> None:
        group = self._take()
        outcomes: Sequence[Out | Exception] = [Refused(Refusal.UNAVAILABLE)] * len(group)
        try:
            outcomes = self._serve([each.item for each in group])
        except Exception as error:  # it is everybody's: each request raises it for itself
            outcomes = [error] * len(group)
        finally:
            for each, outcome in zip(group, outcomes, strict=True):
                each.outcome, each.served = outcome, True
            self._hand_over(group)

    def _take(self) -> list[_Waiting[Item, Out]]:
        """The next group in order of arrival, nobody twice in it."""
        group: list[_Waiting[Item, Out]] = []
        later: list[_Waiting[Item, Out]] = []
        there: set[Hashable] = set()
        with self._guard:
            while self._queue and len(group) < self._most:
                each = self._queue.popleft()
                name = self._apart(each.item)
                (later if name in there else group).append(each)
                there.add(name)
            self._queue.extendleft(reversed(later))
        return group

    def _hand_over(self, served: list[_Waiting[Item, Out]]) -> None:
        """Wake the served, and the first of those who wait, to lead."""
        with self._guard:
            heirs = [self._queue[0]] if self._queue else []
            self._led = bool(heirs)
        for each in served + heirs:
            each.wake()


def together(
    items: Sequence[Item], decide: Callable[[Session, Sequence[Item]], Sequence[Out]]
) -> list[Out | Exception]:
    """One transaction for all items; `decide` returns one outcome per item and treats a refusal as a value.

    Deadlocks, lost connections and lost races run the whole group again with the same keys. Only an
    error that comes again and again splits it, by halves, in savepoints of one transaction: a poison item fails alone.
    Raises Refused(UNAVAILABLE) or Refused(IN_PROGRESS) for all when SQL cannot be reached or a row stays locked.
    """
    try:
        return list(sql.write(lambda session: decide(session, items)))
    except (DBAPIError, Refused) as error:
        if len(items) == 1 or not sql.is_poison(error):
            raise
        return sql.write(lambda session: _by_halves(session, items, decide))


def _by_halves(
    session: Session, items: Sequence[Item], decide: Callable[[Session, Sequence[Item]], Sequence[Out]]
) -> list[Out | Exception]:
    try:
        with session.begin_nested():
            return list(decide(session, items))
    except (DBAPIError, sql.LostRace) as error:
        if not sql.is_poison(error):
            raise
        if len(items) == 1:
            return [Refused.because(Refusal.UNAVAILABLE, error)]
        middle = len(items) // 2
        return _by_halves(session, items[:middle], decide) + _by_halves(session, items[middle:], decide)
