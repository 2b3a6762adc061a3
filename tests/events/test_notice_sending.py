"""Handing notices over: once by the key, whoever dies, wakes up late or is there twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app import clock, queue
from app.domain.instants import HOUR_MS
from app.domain.refusals import Refused
from app.events import relay
from app.events.notices import channels, sending, writing
from app.events.notices.channels import Folder, InApp, Message, NotDelivered
from app.leases import LeaseLost
from tests.events import letters
from tests.kit.together import all_at_once
from tests.kit.world import World
from tests.mutants import feed_mutants

CROWD = 20


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Iterator[Path]:
    """Where messages go, with nothing left to send."""
    shipped = world.app.extensions["settings"]
    letters.noticed()
    sending.send()
    world.app.extensions["settings"] = replace(shipped, notice_dir=str(tmp_path))
    yield tmp_path
    world.app.extensions["settings"] = shipped
    world.do("UPDATE notice_clock SET lease_until = 0")


def crowd(world: World, count: int) -> list[str]:
    """So many newcomers claim; nothing is published yet."""
    known = world.one("SELECT COUNT(*) FROM citizen")
    people = world.newcomers(range(7_000_000 + known, 7_000_000 + known + count))
    for each in people:
        number = world.one("SELECT COUNT(*) FROM citizen WHERE id < :id", id=each)
        world.claim(f"crowd-{each}", number)
    return people


def later(world: World, ms: int) -> None:
    """The clock is moved on."""
    path: Path = world.app.extensions["clock_offset_file"]
    path.write_text(str(int(path.read_text()) + ms))


def use(monkeypatch: pytest.MonkeyPatch, deliver: Callable[[Message], None]) -> None:
    """Another channel."""

    class Other:
        def deliver(self, message: Message) -> None:
            deliver(message)

    monkeypatch.setattr(channels, "channel", Other)


def died_between(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A worker hands a message over and dies before it says so, the next one does its work: the files."""
    (_,) = crowd(world, 1)
    letters.noticed()

    def die(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as dying:
        dying.setattr(sending, "_record", die)
        with pytest.raises(ZeroDivisionError):
            sending.send()
    assert sending.send() == "nothing to do"
    later(world, HOUR_MS)
    assert sending.send() == "1 notices sent"
    assert sending.send() == "0 notices sent"
    return list(folder.glob("*/*.json"))


def test_a_message_is_there_once_although_its_worker_died(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """It was handed over twice, under one key."""
    assert len(died_between(world, folder, monkeypatch)) == 1
    assert not [path for path in folder.glob("*/.*") if path.is_file()]


def test_a_folder_that_gives_names_of_its_own_is_caught(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The mutant: what the key is for."""
    monkeypatch.setattr(Folder, "deliver", feed_mutants.keyless(Folder.deliver))
    assert len(died_between(world, folder, monkeypatch)) == 2


def woke_up_late(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A worker waits for its channel longer than its lease; another one sends meanwhile. The state of the notice."""
    (her,) = crowd(world, 1)
    letters.noticed()
    shipped = channels.channel

    def slow(_: Message) -> None:
        later(world, HOUR_MS)
        monkeypatch.setattr(channels, "channel", shipped)
        assert sending.send() == "1 notices sent"
        raise NotDelivered("timeout")

    use(monkeypatch, slow)
    with suppress(LeaseLost):
        sending.send()
    assert len(list(folder.glob("*/*.json"))) == 1
    (notice,) = letters.of(her)
    return str(notice["state"])


def test_a_worker_that_wakes_up_late_undoes_nothing(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The other one sent it; that stays so."""
    assert woke_up_late(world, folder, monkeypatch) == "sent"


def test_a_sender_without_its_fence_is_caught(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The mutant: what was sent waits again."""
    mutant = feed_mutants.UNFENCED_SENDER
    monkeypatch.setattr(sending, mutant.name, mutant.on(sending.HOLD))
    assert woke_up_late(world, folder, monkeypatch) == "pending"


@pytest.mark.race
def test_two_writers_and_two_senders_make_one_notice_each(world: World, folder: Path):
    """Rounds of a crowd, everybody at once: as many files as events, each key once."""
    for _ in range(5):
        people = crowd(world, CROWD)

        def write() -> None:
            with world.app.app_context(), suppress(Refused):  # on a busy machine, a lock that took too long
                relay.run()
                writing.run()

        def send() -> None:
            with world.app.app_context(), suppress(Refused):
                sending.send()

        all_at_once([write, write, send, send])
        letters.noticed()
        sending.send()
        notices = [each for citizen in people for each in letters.of(citizen)]
        assert [each["state"] for each in notices] == ["sent"] * CROWD
        assert len({each["event_no"] for each in notices}) == CROWD
        assert {each["attempts"] for each in notices} == {1}
    assert len(letters.messages(folder)) == 5 * CROWD


@pytest.mark.usefixtures("folder")
def test_what_one_phone_does_not_take_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch):
    """It comes again after a pause, the others go first; after ten times it is left, and stays in her list."""
    unlucky, lucky = crowd(world, 2)
    letters.noticed()
    lost = letters.of(unlucky)[0]["key"]
    taken: list[str] = []

    def picky(message: Message) -> None:
        if message.key == lost:
            raise NotDelivered("no such number")
        taken.append(message.key)

    use(monkeypatch, picky)
    assert sending.send() == "0 notices sent"
    assert sending.send() == "1 notices sent"
    assert taken == [letters.of(lucky)[0]["key"]]
    for _ in range(9):
        later(world, 7 * HOUR_MS)
        sending.send()
    (left,) = letters.of(unlucky)
    assert (left["state"], left["attempts"]) == ("failed", 10)
    later(world, 7 * HOUR_MS)
    assert sending.send() == "0 notices sent"


@pytest.mark.usefixtures("folder")
def test_a_slow_channel_keeps_the_lease_alive(world: World, monkeypatch: pytest.MonkeyPatch):
    """What was sent is written down after a part of the lease, not at the end of a long list."""
    crowd(world, 3)
    letters.noticed()
    monkeypatch.setattr(sending, "PARTS", 10**9)
    records: list[int] = []
    record = sending._record

    def counting(session: object, epoch: int, attempts: list[sending.Attempt]) -> None:
        records.append(len(attempts))
        record(session, epoch, attempts)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "_record", counting)
    use(monkeypatch, lambda _: None)
    assert sending.send() == "3 notices sent"
    assert records == [1, 1, 1]


def test_a_full_disk_is_told_and_tried_again(tmp_path: Path):
    """Anything that the file system refuses is a message that was not delivered."""
    (tmp_path / "2026-11-23").write_text("not a folder")
    message = Message(
        "ntc_0000000000000001_0", "139", "zh-CN", "claimed", "2026-11-23T10:00:00.000+08:00", "x"
    )
    with pytest.raises(NotDelivered):
        Folder(tmp_path).deliver(message)


def test_a_file_keeps_what_it_said_first(tmp_path: Path):
    """Also where the second one is in the middle of it at the same moment."""
    message = Message(
        "ntc_0000000000000001_0", "139", "zh-CN", "claimed", "2026-11-23T10:00:00.000+08:00", "x"
    )
    all_at_once([lambda: Folder(tmp_path).deliver(message)] * 8)
    (only,) = (tmp_path / "2026-11-23").iterdir()
    before = only.stat()
    Folder(tmp_path).deliver(message)
    assert only.stat() == before


@pytest.mark.usefixtures("folder")
def test_without_a_folder_the_list_is_all_there_is(world: World):
    """Nothing waits then."""
    settings = world.app.extensions["settings"]
    world.app.extensions["settings"] = replace(settings, notice_dir=None)
    (her,) = crowd(world, 1)
    letters.noticed()
    assert isinstance(channels.channel(), InApp)
    assert sending.is_due(clock.now())
    sending.send()
    assert not sending.is_due(clock.now())
    assert [each["state"] for each in letters.of(her)] == ["sent"]
    assert sending.oldest() is None


def test_whoever_waits_behind_a_crowd_gets_a_turn(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The only worker of a small platform does not send for minutes: each turn rings for its rest, and all is sent."""
    rung: list[str] = []
    monkeypatch.setattr(queue, "TURN_S", 0)
    monkeypatch.setattr(queue, "ring", rung.append)
    monkeypatch.setattr(sending, "AT_ONCE", 5)
    crowd(world, 12)
    assert [relay.run(queue.Turn("publish").goes_on) for _ in range(4)] == [4, 4, 4, 0]
    assert writing.run(queue.Turn("write").goes_on) == 12
    sent = [len(letters.messages(folder))]
    while sending.send() != "0 notices sent":
        sent.append(len(letters.messages(folder)))
    assert sent == [0, 5, 10, 12]
    assert rung == [*["publish"] * 3, "write", *[sending.JOB] * 3]
