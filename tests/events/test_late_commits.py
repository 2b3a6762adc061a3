"""Writers commit out of order, the relay and a reader go on meanwhile: nothing is skipped, nothing comes twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import text

from app import outbox, sql
from app.domain.event import Kind, name_of, number_of
from app.domain.refusals import Refused
from app.events import feed, relay
from tests.kit.together import all_at_once
from tests.kit.world import World
from tests.mutants import feed_mutants

pytestmark = pytest.mark.race
WRITERS, TIMES = 4, 25


def last_no(world: World) -> int:
    """The number of the last event."""
    return int(world.one("SELECT last_no FROM event_clock"))


@pytest.mark.usefixtures("about_nothing")
def test_a_reader_beside_writers_misses_nothing(world: World):
    """100 transactions of four writers, each open for another while; two relays; a reader that follows its cursor."""
    begin, done, read = last_no(world), threading.Event(), list[str]()

    def writer(name: int) -> Callable[[], None]:
        def write() -> None:
            with world.app.app_context():
                for n in range(TIMES):
                    with sql.writing() as session:
                        outbox.tell(session, Kind.CLAIMED, [f"race-{name}-{n}"], 1)
                        time.sleep(random.uniform(0, 0.01))

        return write

    def publish() -> None:
        with world.app.app_context():
            while not done.is_set():
                with suppress(Refused):
                    relay.run()

    def follow() -> None:
        cursor = name_of(begin)
        deadline = time.monotonic() + 60
        with world.app.app_context():
            while len(read) < WRITERS * TIMES and time.monotonic() < deadline:
                page = feed.page(None, cursor, 7)
                read.extend(each["event_id"] for each in page["items"])
                cursor = page["next_cursor"]
        done.set()

    all_at_once([*map(writer, range(WRITERS)), publish, publish, follow])
    assert [number_of(name) for name in read] == list(range(begin + 1, begin + 1 + WRITERS * TIMES))
    refs = world.one("SELECT COUNT(DISTINCT ref) FROM event WHERE ref LIKE 'race-%'")
    assert refs == WRITERS * TIMES


def late_commit(world: World) -> set[str]:
    """One transaction tells first and commits while the relay has read and not yet cleared; what is published then."""
    begin = last_no(world)
    with world.app.app_context():
        early = sql.writing()
        session = early.__enter__()
        outbox.tell(session, Kind.CLAIMED, [f"late-{begin}"], 1)
        sql.write(lambda other: outbox.tell(other, Kind.CLAIMED, [f"soon-{begin}"], 1))
    shipped = relay._events

    def then_commit(*words: object) -> object:
        relay._events = shipped
        early.__exit__(None, None, None)
        return shipped(*words)  # type: ignore[arg-type]

    relay._events = then_commit  # type: ignore[assignment]
    relay.run()
    relay.run()
    with sql.reading() as look:
        found = look.execute(text("SELECT ref FROM event WHERE no > :begin"), {"begin": begin})
        return {str(ref).split("-")[0] for ref in found.scalars()}


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("about_nothing")
def test_a_commit_that_becomes_visible_late_is_published(world: World):
    """On SQLite nobody commits late: one writes at a time."""
    assert late_commit(world) == {"late", "soon"}


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("about_nothing")
def test_a_relay_that_clears_up_to_a_number_is_caught(world: World, monkeypatch: pytest.MonkeyPatch):
    """The mutant."""
    mutant = feed_mutants.SKIPS_LATE_COMMITS
    monkeypatch.setattr(relay, mutant.name, mutant.on(relay.FORGET))
    assert late_commit(world) == {"soon"}
