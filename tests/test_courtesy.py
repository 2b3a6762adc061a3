"""Claims give way to tills: as long as one waits, and never for long. Time is the tests' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.courtesy import BELIEVED_NS, LONGEST_NS, Courtesy

MS = 1_000_000


class Clock:
    """Time passes where somebody sleeps."""

    def __init__(self) -> None:
        self.now_ns = 5_000 * MS

    def sleep(self, seconds: float) -> None:
        """So long."""
        self.now_ns += int(seconds * 1e9)


@pytest.fixture
def clock() -> Clock:
    """For both sides: they are on one machine."""
    return Clock()


@pytest.fixture
def till(tmp_path: Path, clock: Clock) -> Courtesy:
    """A process that serves tills."""
    return Courtesy(f"{tmp_path}/memory", lambda: clock.now_ns, clock.sleep)


@pytest.fixture
def claims(tmp_path: Path, till: Courtesy, clock: Clock) -> Courtesy:
    """A process that serves claims; it opens the same memory."""
    return Courtesy(f"{tmp_path}/memory", lambda: clock.now_ns, clock.sleep)


def waited_ns(claims: Courtesy, clock: Clock) -> int:
    """How long a group of claims waits now."""
    began = clock.now_ns
    claims.give_way()
    return clock.now_ns - began


def test_nobody_waits_where_no_till_does(claims: Courtesy, clock: Clock):
    """Not even once."""
    assert waited_ns(claims, clock) == 0


def test_a_group_waits_until_the_till_has_its_answer(till: Courtesy, claims: Courtesy, clock: Clock):
    """All of them: two wait, one is answered, then the other."""
    till.begin()
    till.begin()
    till.end()
    answered = clock.now_ns + 7 * MS

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now_ns >= answered:
            till.end()

    claims._sleep = sleep
    assert waited_ns(claims, clock) == 7 * MS
    assert waited_ns(claims, clock) == 0


def test_never_longer_than_25_milliseconds(till: Courtesy, claims: Courtesy, clock: Clock):
    """Tills that never rest slow claims, they do not stop them."""
    till.begin()
    assert waited_ns(claims, clock) == LONGEST_NS == 25 * MS


def test_a_till_that_was_killed_is_forgotten(till: Courtesy, claims: Courtesy, clock: Clock):
    """Nobody takes its mark back; it ends by itself."""
    till.begin()
    clock.now_ns += BELIEVED_NS
    assert waited_ns(claims, clock) == 0


def test_who_comes_later_is_waited_for_as_long(till: Courtesy, claims: Courtesy, clock: Clock):
    """What was said for the first one would be over; it is said again before that, though not for each."""
    till.begin()
    clock.now_ns += BELIEVED_NS * 3 // 4
    till.begin()
    till.end()
    clock.now_ns += BELIEVED_NS // 2
    assert waited_ns(claims, clock) == LONGEST_NS


def test_without_a_memory_nobody_waits(clock: Clock):
    """As where nothing is set."""
    alone = Courtesy(None, lambda: clock.now_ns, clock.sleep)
    alone.begin()
    assert waited_ns(alone, clock) == 0
    alone.end()
