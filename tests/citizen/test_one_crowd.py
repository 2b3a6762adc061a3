"""The claim door hands over one group at a time: who comes meanwhile is one crowd with those who come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from app import sessions
from app.citizen import hot_claims
from app.citizen.hot_claims import HotClaims
from app.domain.refusals import Refusal, Refused
from tests.kit import inside

TARGET = b"/api/v1/batches/bat_" + b"0" * 26 + b"/claims"
Listener = Callable[[Any], None]


class Lane:
    """Keeps what is handed over."""

    def __init__(self) -> None:
        self.groups: list[list[tuple[str, Listener]]] = []

    def submit(self, items: list[tuple[Any, Listener]]) -> None:
        """As the lane of claims."""
        self.groups.append([(wanted.citizen_id, hear) for wanted, hear in items])

    @property
    def names(self) -> list[list[str]]:
        """Who is in which group."""
        return [[citizen_id for citizen_id, _ in group] for group in self.groups]


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Lane:
    """In place of this process's lane."""
    kept = Lane()
    monkeypatch.setattr(hot_claims, "lane", lambda _app: kept)
    return kept


@pytest.fixture
def door(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> HotClaims:
    """A door whose memory refuses nobody."""
    app = inside.build(inside.environment(f"sqlite:///{tmp_path}/none.db"))
    (door,) = [each for each in app.extensions["hot_doors"] if isinstance(each, HotClaims)]
    monkeypatch.setattr(door._memory, "refusal", lambda *_: None)
    return door


def press(door: HotClaims, citizen_id: str, answers: list[bytes]) -> None:
    """One citizen's claim."""
    with door._app.app_context():
        token, _ = sessions.citizen_token(citizen_id, time.time_ns() // 1_000_000)
    headers = [
        (b"authorization", f"Bearer {token}".encode()),
        (b"idempotency-key", b"key-" + citizen_id.encode()),
        (b"content-type", b"application/json"),
    ]
    assert door.take(TARGET, headers, b"{}", answers.append)


async def turns() -> None:
    """The loop turns until nothing more happens by itself."""
    for _ in range(8):
        await asyncio.sleep(0)


def test_who_comes_while_a_group_is_served_waits_for_all_its_answers(door: HotClaims, lane: Lane):
    """Two at once are one group; the third and fourth go together, when the first two have both been answered."""

    async def play() -> None:
        answers: list[bytes] = []
        press(door, "ctz_1", answers)
        press(door, "ctz_2", answers)
        await turns()
        assert lane.names == [["ctz_1", "ctz_2"]]
        press(door, "ctz_3", answers)
        first, second = lane.groups[0]
        first[1](Refused(Refusal.SOLD_OUT))
        await turns()
        assert (len(answers), len(lane.groups)) == (1, 1)
        press(door, "ctz_4", answers)
        second[1](RuntimeError("a mistake of ours"))
        await turns()
        assert len(answers) == 2
        assert lane.names[1:] == [["ctz_3", "ctz_4"]]

    asyncio.run(play())


def test_who_comes_alone_goes_at_once(door: HotClaims, lane: Lane):
    """Nobody waits for anybody when nothing is being served, also after a group."""

    async def play() -> None:
        answers: list[bytes] = []
        for number in range(3):
            press(door, f"ctz_{number}", answers)
            await turns()
            assert lane.names[number:] == [[f"ctz_{number}"]]
            lane.groups[number][0][1](Refused(Refusal.SOLD_OUT))
            await turns()
        assert len(answers) == 3

    asyncio.run(play())
