"""Webhooks: each event at least once, under one id, signed, whatever the receiver and the worker go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app import clock, outbox, sql
from app.domain import webhook as rules
from app.domain.event import Kind
from app.domain.instants import DAY_MS, HOUR_MS
from app.domain.refusals import Refusal, Refused
from app.events import delivery, relay, webhooks, wire
from app.events.webhooks import Wanted
from app.leases import LeaseLost
from tests.kit.receiver import receiver
from tests.kit.servers import free_port
from tests.kit.world import World
from tests.mutants import feed_mutants

pytestmark = pytest.mark.usefixtures("about_nothing")
_number = count()


@dataclass
class Hook:
    """A webhook of an owner nobody else has, and what a test does with it."""

    world: World
    id: str
    owner: str

    def secret(self, number: int = 1) -> str:
        """As its owner was told."""
        return webhooks.secret_of(self.id, number)

    def tell(self, times: int = 1) -> None:
        """So many things happen and are published."""
        refs = [f"hook-{next(_number)}" for _ in range(times)]
        sql.write(lambda session: outbox.tell(session, Kind.CLAIMED, refs, 1))
        relay.run()

    def deliver(self) -> str:
        """What the worker does when it is rung for."""
        return delivery.deliver(self.id)

    def later(self, ms: int) -> None:
        """The clock is moved on."""
        path: Path = self.world.app.extensions["clock_offset_file"]
        path.write_text(str(int(path.read_text()) + ms))

    def log(self) -> list[dict[str, Any]]:
        """Its deliveries."""
        items: list[dict[str, Any]] = delivery.log(self.owner, self.id, None, 100)["items"]
        return items

    def shown(self) -> dict[str, Any]:
        """As its owner sees it."""
        with sql.reading() as session:
            (found,) = webhooks.of_owner(session, self.owner)
        return found


@pytest.fixture
def hook(world: World) -> Iterator[Callable[[str], Hook]]:
    """Makes webhooks of the organizer's kind; afterwards none of them hears anything more."""
    shipped = world.app.extensions["settings"]
    world.app.extensions["settings"] = replace(shipped, webhook_networks="127.0.0.0/8")
    relay.run()

    def make(url: str) -> Hook:
        answer = sql.write(lambda session: webhooks.add(session, webhooks.ORGANIZER, Wanted(url, None)))
        return Hook(world, str(answer.object_id), webhooks.ORGANIZER)

    yield make
    world.app.extensions["settings"] = shipped
    world.do("DELETE FROM webhook_delivery")
    world.do("DELETE FROM webhook")


def test_a_receiver_that_was_down_for_100_events_gets_each(hook: Callable[[str], Hook]):
    """At least once, one id an event, each signature good."""
    port = free_port()
    mine = hook(f"http://127.0.0.1:{port}/in")
    mine.tell(60)
    assert mine.deliver().endswith(": 0 events")
    mine.tell(40)
    assert mine.deliver().endswith(": 0 events")
    assert {each["error"] for each in mine.log() if each["attempts"]} == {"connection"}
    with receiver(port) as up:
        mine.later(60_000)
        while delivery.due(clock.now()):
            mine.deliver()
    assert len({message.event_id for message in up.got}) == len(up.got) == 100
    assert all(message.is_signed_by(mine.secret()) for message in up.got)
    assert {each["state"] for each in mine.log()} == {"delivered"}
    assert mine.shown()["failing_since"] is None


def test_a_worker_killed_between_send_and_mark_sends_again_under_the_same_id(
    hook: Callable[[str], Hook], monkeypatch: pytest.MonkeyPatch
):
    """Twice rather than never."""
    with receiver() as up:
        mine = hook(up.url)
        mine.tell()
        with monkeypatch.context() as dying:
            dying.setattr(delivery, "_record", lambda *_, **__: 1 // 0)
            with suppress(ZeroDivisionError):
                mine.deliver()
        assert mine.deliver().endswith("nothing to do"), "its lease still holds"
        mine.later(31_000)
        assert mine.deliver().endswith(": 1 events")
    assert [message.event_id for message in up.got] == [up.got[0].event_id] * 2


def test_a_worker_that_marks_before_it_sends_is_caught(
    hook: Callable[[str], Hook], monkeypatch: pytest.MonkeyPatch
):
    """The mutant: killed in between, it has lost the event."""
    monkeypatch.setattr(delivery, "_send", feed_mutants.marks_first(delivery._send))
    with receiver() as up:
        mine = hook(up.url)
        mine.tell()
        with suppress(ZeroDivisionError):
            mine.deliver()
        mine.later(31_000)
        monkeypatch.undo()
        mine.deliver()
    assert up.got == []


def test_one_event_that_is_refused_for_ever_holds_up_no_other(hook: Callable[[str], Hook]):
    """It is tried less and less often, the others go by."""
    with receiver() as up:
        mine = hook(up.url)
        mine.tell(3)
        poison = mine.log()[-1]["event_id"]
        up.answers[poison] = 500
        for _ in range(4):
            mine.deliver()
    states = {each["event_id"]: (each["state"], each["status"]) for each in mine.log()}
    assert states.pop(poison) == ("pending", 500)
    assert set(states.values()) == {("delivered", 204)}


def test_who_fails_for_five_days_is_switched_off_and_goes_on_when_told(hook: Callable[[str], Hook]):
    """What waits is not lost."""
    port = free_port()
    mine = hook(f"http://127.0.0.1:{port}/in")
    mine.tell()
    for _ in range(2):
        mine.deliver()
        mine.later(rules.GIVE_UP_MS)
    mine.deliver()
    assert mine.shown()["status"] == "disabled" and delivery.due(clock.now()) == []
    sql.write(lambda session: webhooks.switch(session, mine.owner, mine.id, "active"))
    with receiver(port) as up:
        mine.later(DAY_MS)
        assert mine.deliver().endswith(": 1 events")
    assert len(up.got) == 1


def test_a_rotated_secret_signs_beside_the_new_one_for_a_while(hook: Callable[[str], Hook]):
    """Then the new one alone. A resend is the same event under the same id."""
    with receiver() as up:
        mine = hook(up.url)
        mine.tell()
        sql.write(lambda session: webhooks.rotate(session, mine.owner, mine.id))
        mine.deliver()
        mine.later(25 * HOUR_MS)
        event_id = mine.log()[0]["event_id"]
        sql.write(lambda session: delivery.resend(session, mine.owner, mine.id, event_id))
        mine.deliver()
    first, again = up.got
    assert first.is_signed_by(mine.secret(1)) and first.is_signed_by(mine.secret(2))
    assert not again.is_signed_by(mine.secret(1)) and again.is_signed_by(mine.secret(2))
    assert (first.event_id, first.body) == (again.event_id, again.body)


def test_a_worker_that_lost_its_lease_writes_nothing(hook: Callable[[str], Hook]):
    """Switched off while it was sending."""
    with receiver() as up:
        mine = hook(up.url)
        mine.tell()
        lease = sql.write(lambda session: delivery._take(session, mine.id))
        assert lease is not None and sql.write(lambda session: delivery._take(session, mine.id)) is None
        sql.write(lambda session: webhooks.switch(session, mine.owner, mine.id, "suspended"))
        (row,) = delivery._next(lease)
        with pytest.raises(LeaseLost):
            sql.write(lambda session: delivery._record(session, lease, row, wire.Reply(204)))
    assert mine.log()[0]["state"] == "pending" and up.got == []


def test_there_are_twenty_at_the_most(hook: Callable[[str], Hook]):
    """A fence in the statement; somebody else's are not there."""
    for _ in range(20):
        mine = hook("https://events.example/in")
    with pytest.raises(Refused) as full:
        hook("https://events.example/in")
    assert full.value.refusal is Refusal.WEBHOOKS_FULL
    with pytest.raises(Refused) as foreign:
        delivery.log("mer_other", mine.id, None, 10)
    assert foreign.value.refusal is Refusal.WEBHOOK_NOT_FOUND
