"""Those who want the same of one process: who goes together, who waits for whom, and that everybody is answered."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from flask import Flask

from app import overload
from app.hot import crowd
from app.hot.answers import Told
from app.hot.crowd import Asked, Crowd

Group = list[tuple[int, Callable[[Any], None]]]
LONG_S = 0.05
MANY = 3_000


class Town:
    """A crowd, the groups that were handed over, and who was answered."""

    def __init__(self) -> None:
        app = Flask("crowd")
        app.extensions["places"] = overload.Places(2 * MANY, 2 * MANY)
        self.groups: list[Group] = []
        self.answered: list[int] = []
        self.crowd: Crowd[int, int] = Crowd(
            app, "POST /crowd", overload.Kind.CLAIM, self.groups.append, self._tell, MANY
        )

    def come(self, *names: int) -> None:
        """They ask, in one turn of the loop."""
        for name in names:
            self.crowd.queue(Asked("-", 0.0, lambda response: self.answered.append(int(response))), name)

    async def serve(self) -> list[int]:
        """Answer the group that was handed over last; returns who was in it."""
        group = self.groups.pop()
        for name, hear in group:
            hear(name)
        await turns()
        return [name for name, _ in group]

    def _tell(self, asked: Asked, name: int, _: Any) -> Told:
        return Told(200, "-", str(name).encode(), "-")


async def turns(times: int = 5) -> None:
    """Turns of the loop, for which nobody waits."""
    for _ in range(times):
        await asyncio.sleep(0)


def played(play: Callable[[Town], Coroutine[Any, Any, None]]) -> None:
    """In a loop of its own."""
    asyncio.run(play(Town()))


def test_who_was_answered_a_moment_ago_is_waited_for():
    """Half of them are back in the same turn, the others a little later: they go together."""

    async def play(town: Town) -> None:
        town.come(1, 2, 3, 4)
        await turns()
        assert await town.serve() == [1, 2, 3, 4] == town.answered
        town.come(1, 2)
        await turns()
        assert town.groups == []
        town.come(3, 4)
        await asyncio.sleep(LONG_S)
        assert await town.serve() == [1, 2, 3, 4]

    played(play)


def test_who_does_not_come_back_is_waited_for_once():
    """A thousandth of a second; the next group is not expected to be larger than this one."""

    async def play(town: Town) -> None:
        town.come(1, 2, 3, 4)
        await turns()
        await town.serve()
        town.come(5)
        await turns()
        assert town.groups == []
        await asyncio.sleep(LONG_S)
        assert await town.serve() == [5]
        town.come(6)
        await turns()
        assert await town.serve() == [6]

    played(play)


def test_who_comes_while_a_group_is_served_goes_with_those_whom_the_answers_bring_back():
    """One crowd, not two that take turns."""

    async def play(town: Town) -> None:
        town.come(1, 2)
        await turns()
        town.come(3)
        await turns()
        assert await town.serve() == [1, 2]
        town.come(1, 2)
        await asyncio.sleep(LONG_S)
        assert await town.serve() == [3, 1, 2]

    played(play)


class Looked(deque[Any]):
    """What was decided; as soon as a look finds nothing, one more is decided, before whoever looked goes on."""

    def __init__(self, decide: Callable[[], None]) -> None:
        super().__init__()
        self._decide = [decide]

    def __bool__(self) -> bool:
        if len(self):
            return True
        while self._decide:
            self._decide.pop()()
        return False


def test_who_is_decided_on_after_the_last_look_is_answered():
    """He saw that the loop was at it, and woke nobody."""

    async def play(town: Town) -> None:
        town.come(1, 2)
        await turns()
        (first, second) = town.groups.pop()
        town.crowd._served = Looked(lambda: second[1](2))
        first[1](1)
        await turns()
        assert town.answered == [1, 2]

    played(play)


def test_everybody_is_answered_once_whenever_the_lane_decides():
    """Its thread decides while the loop sends: nobody is left behind by a loop that had looked a moment before."""

    async def play(town: Town) -> None:
        town.come(*range(MANY))
        await turns()
        (group,) = town.groups
        lane = threading.Thread(target=lambda: [hear(name) for name, hear in group])
        lane.start()
        while lane.is_alive():
            await asyncio.sleep(0)
        await asyncio.sleep(LONG_S)
        assert sorted(town.answered) == list(range(MANY))

    assert crowd.COME_BACK_S < LONG_S
    played(play)
