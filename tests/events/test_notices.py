"""What citizens are told: each of what happened to them, once, in their language, and nothing about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import clock, outbox, sql
from app.ankang import apply
from app.domain.event import Kind
from app.domain.instants import DAY_MS, HOUR_MS
from app.events import forgetting, relay
from app.events.notices import inbox, reminders, sending, writing
from app.extensions import vault
from app.vouchers.expire import expire_due
from tests.events import letters
from tests.kit.world import World


@dataclass
class Person:
    """A citizen of the town to whom nothing has happened yet, and what a gateway was given for her."""

    world: World
    id: str
    folder: Path

    def claims(self) -> str:
        """A voucher of the first batch."""
        number = self.world.one("SELECT COUNT(*) FROM citizen WHERE id < :id", id=self.id)
        return str(self.world.claim(f"notice-{self.id}", number).body["voucher"]["voucher_id"])

    def pays(self, voucher_id: str, order_no: str) -> None:
        """120 yuan at the first shop."""
        self.world.redeem(voucher_id, self.world.code_of(voucher_id), order_no)

    def told(self) -> list[str]:
        """The kinds of her notices, oldest first."""
        letters.noticed()
        return [each["kind"] for each in letters.of(self.id)]

    def last(self) -> dict[str, Any]:
        """The last message to her, as it left the platform."""
        letters.noticed()
        sending.send()
        return letters.messages(self.folder)[letters.of(self.id)[-1]["key"]]


@pytest.fixture
def person(world: World, tmp_path: Path) -> Iterator[Callable[[], Person]]:
    """Makes newcomers; messages go to a folder of this test's own."""
    shipped = world.app.extensions["settings"]
    letters.noticed()
    sending.send()
    world.app.extensions["settings"] = replace(shipped, notice_dir=str(tmp_path))

    def make() -> Person:
        known = world.one("SELECT COUNT(*) FROM citizen")
        (her,) = world.newcomers([5_000_000 + known])
        return Person(world, her, tmp_path)

    yield make
    world.app.extensions["settings"] = shipped


def ends_in(world: World, voucher_id: str, ms: int, held_ms: int = 9 * DAY_MS) -> None:
    """Move a voucher in time: it ends in so long, and was claimed so long ago."""
    now = clock.now()
    moved = "UPDATE voucher SET valid_to = :to, valid_from = :from, claimed_at = :from WHERE id = :id"
    world.do(moved, to=now + ms, id=voucher_id, **{"from": now - held_ms})


def test_a_claim_an_order_and_its_refund_are_told(world: World, person: Callable[[], Person]):
    """With the shop and the amounts; to the phone from which she applied, in Chinese where nobody asked otherwise."""
    her = person()
    voucher = her.claims()
    claimed = her.last()
    batch = world.one(
        "SELECT b.name FROM batch b JOIN voucher v ON v.batch_id = b.id WHERE v.id = :id", id=voucher
    )
    assert (claimed["kind"], claimed["language"]) == ("claimed", "zh-CN")
    assert batch in claimed["text"] and "有效期至" in claimed["text"]
    phone = world.one("SELECT phone_ct FROM citizen WHERE id = :id", id=her.id)
    assert claimed["phone"] == vault().open(bytes(phone), f"citizen.phone|{her.id}")
    her.pays(voucher, "O-NOTICE")
    paid = her.last()
    till = world.till()
    assert paid["kind"] == "redeemed" and f"{till.merchant} {till.store}" in paid["text"]
    subsidy = world.one("SELECT used_fen FROM redemption WHERE order_no = 'O-NOTICE'")
    assert f"抵扣 {subsidy // 100}.00 元，实付 {120 - subsidy // 100}.00 元" in paid["text"]
    world.reverse("O-NOTICE", "notice-reverse")
    back = her.last()
    assert back["kind"] == "refunded" and f"退款 {120 - subsidy // 100}.00 元" in back["text"]
    assert her.told() == ["claimed", "redeemed", "refunded"]
    assert [found for found in world.broken() if found[0] == "I14"] == []


def test_three_days_before_its_end_a_voucher_is_told_of_once(world: World, person: Callable[[], Person]):
    """Not before, not twice, and not to who claimed it today; when it has lapsed, that too."""
    her, late = person(), person()
    voucher, fresh = her.claims(), late.claims()
    world.do("UPDATE notice_clock SET reminded_to = 0")
    ends_in(world, voucher, 3 * DAY_MS + HOUR_MS)
    ends_in(world, fresh, 2 * DAY_MS, held_ms=HOUR_MS)
    reminders.run()
    assert (her.told(), late.told()) == (["claimed"], ["claimed"])
    world.do("UPDATE notice_clock SET reminded_to = 0")
    ends_in(world, voucher, 3 * DAY_MS - HOUR_MS)
    assert (reminders.run(), reminders.run()) == (1, 0)
    assert (her.told(), late.told()) == (["claimed", "expiring"], ["claimed"])
    assert clock.iso(clock.now() + 3 * DAY_MS - HOUR_MS)[:13].replace("T", " ") in her.last()["text"]
    ends_in(world, voucher, -1)
    expire_due()
    assert her.told() == ["claimed", "expiring", "expired"]
    assert "已于" in her.last()["text"]
    ends_in(world, fresh, DAY_MS)


def test_whoever_reminds_from_an_instant_that_is_past_tells_nobody(
    world: World, person: Callable[[], Person]
):
    """Two look at the same vouchers; the second finds that the clock has moved."""
    voucher = person().claims()
    world.do("UPDATE notice_clock SET reminded_to = 0")
    ends_in(world, voucher, DAY_MS)
    tell = partial(reminders._tell, due=[voucher], since=0, upto=clock.now() + 3 * DAY_MS, at=clock.now())
    assert (sql.write(tell), sql.write(tell)) == (1, 0)
    relay.run()


def drawn(world: World, people: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first batch is drawn; the last but one wins. Two are told at a time; the last one claims something, too."""
    monkeypatch.setattr(writing, "AT_ONCE", 2)
    for number, each in enumerate(people):
        world.do(
            "INSERT INTO registration (batch_id, number, citizen_id, registered_at, rank)"
            " VALUES (:batch, :number, :citizen, 0, :rank)",
            batch=world.batch(),
            number=100_000_000_000 + number,
            citizen=each.id,
            rank=1 if number == len(people) - 2 else None,
        )
    sql.write(lambda session: outbox.tell(session, Kind.DRAWN, [world.batch()], clock.now()))
    people[-1].claims()
    letters.noticed()


@pytest.fixture
def lottery(world: World) -> Iterator[None]:
    """A lottery of the first batch, which nobody remembers afterwards."""
    new = (
        "INSERT INTO lottery (batch_id, state, public_value_name, seed_box, commitment, lease_until, lease_epoch)"
        " VALUES (:batch, 'open', 'x', :box, 'x', 0, 0)"
    )
    world.do(new, batch=world.batch(), box=b"x")
    yield
    world.do(
        "UPDATE campaign SET is_test = false WHERE id = (SELECT campaign_id FROM batch WHERE id = :b)",
        b=world.batch(),
    )
    world.do("DELETE FROM notice WHERE event_no IN (SELECT no FROM event WHERE kind = 'lottery.drawn')")
    world.do("UPDATE event SET kind = 'payout.paid', ref = 'once_' || no WHERE kind = 'lottery.drawn'")
    world.do("DELETE FROM registration WHERE batch_id = :batch", batch=world.batch())
    world.do("DELETE FROM lottery WHERE batch_id = :batch", batch=world.batch())


@pytest.mark.usefixtures("lottery")
def test_a_draw_is_told_to_everybody_who_registered(
    world: World, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
):
    """Winners and losers, a few at a time, and then what came after it."""
    people = [person() for _ in range(5)]
    drawn(world, people, monkeypatch)
    assert [each.told() for each in people] == [["lost"], ["lost"], ["lost"], ["won"], ["lost", "claimed"]]
    sending.send()
    texts = {each["kind"]: each["text"] for each in letters.messages(people[0].folder).values()}
    assert "已中签" in texts["won"] and "未中签" in texts["lost"]
    assert [row for row in world.broken() if row[0] == "I14"] == []
    world.do("DELETE FROM notice WHERE kind = 'won'")
    assert [row["kind"] for found in world.broken() if found[0] == "I14" for row in found[2]] == [
        "lottery.drawn"
    ]


@pytest.mark.usefixtures("lottery")
def test_the_draw_of_a_test_is_told_to_nobody(
    world: World, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
):
    """And holds up nothing behind it."""
    people = [person() for _ in range(3)]
    world.do(
        "UPDATE campaign SET is_test = true WHERE id = (SELECT campaign_id FROM batch WHERE id = :b)",
        b=world.batch(),
    )
    drawn(world, people, monkeypatch)
    assert [each.told() for each in people] == [[], [], []]
    assert world.one("SELECT after_no FROM notice_clock") == world.one("SELECT last_no FROM event_clock")


def test_the_language_of_a_message_is_the_citizens(world: World, person: Callable[[], Person]):
    """English from the moment she asks for it; her list is in English altogether then."""
    her = person()
    voucher = her.claims()
    assert her.last()["language"] == "zh-CN"
    sql.write(partial(inbox.speak, citizen_id=her.id, language="en"))
    her.pays(voucher, "O-ENGLISH")
    paid = her.last()
    assert paid["language"] == "en" and paid["text"].startswith("At ") and "you paid CNY" in paid["text"]
    page = inbox.page(her.id, None, 10)
    assert [item["kind"] for item in page["items"]] == ["redeemed", "claimed"]
    assert page["items"][1]["text"].startswith("You claimed")


def test_nothing_about_the_person_is_in_a_notice_but_the_phone(world: World, person: Callable[[], Person]):
    """Neither in its row nor in the file: no name, no ID number, no id of hers; the phone in the file alone (I17)."""
    her = person()
    her.pays(her.claims(), "O-PRIVATE")
    her.last()
    holder = apply.find(her.id)
    assert holder is not None
    id_number = bytes(world.one("SELECT id_number_ct FROM citizen WHERE id = :id", id=her.id))
    secrets = {
        vault().open(holder.name_ct, f"citizen.name|{her.id}"),
        vault().open(id_number, f"citizen.id_number|{her.id}"),
        her.id,
    }
    phone = apply.phone_of(holder)
    sent = "".join(path.read_text() for path in her.folder.rglob("*.json"))
    kept = "".join(each["facts"] for each in letters.of(her.id))
    assert phone in sent and phone not in kept
    assert [secret for secret in secrets if secret in sent + kept] == []
    fields = {name for each in letters.messages(her.folder).values() for name in each}
    assert fields == {"key", "phone", "language", "kind", "at", "text"}
    assert {path.stat().st_mode & 0o777 for path in her.folder.rglob("*.json")} == {0o600}


def test_what_a_test_does_is_told_to_nobody(world: World, person: Callable[[], Person]):
    """A made-up customer's phone may be somebody's."""
    her = person()
    voucher = her.claims()
    world.do("UPDATE campaign SET is_test = true")
    try:
        assert her.told() == []
    finally:
        world.do("UPDATE campaign SET is_test = false")
        world.do("UPDATE event SET is_test = false WHERE ref = :ref", ref=voucher)
        world.do("UPDATE notice_clock SET after_no = after_no - 1")
    assert her.told() == ["claimed"]


def test_after_400_days_notices_and_deliveries_are_deleted(world: World, person: Callable[[], Person]):
    """The feed stays; what is younger stays; the audit misses none."""
    her = person()
    her.claims()
    letters.noticed()
    old_no = letters.of(her.id)[0]["event_no"]
    her.pays(world.one("SELECT id FROM voucher WHERE citizen_id = :id", id=her.id), "O-YOUNG")
    assert her.told() == ["claimed", "redeemed"]
    world.do("UPDATE event SET at = at - :ms WHERE no <= :no", ms=401 * DAY_MS, no=old_no)
    with sql.reading() as session:
        assert forgetting.last_before(session, clock.now() - 400 * DAY_MS) == old_no
    forgetting.run()
    assert [each["kind"] for each in letters.of(her.id)] == ["redeemed"]
    assert world.one("SELECT COUNT(*) FROM event WHERE no <= :no", no=old_no) == old_no
    assert [row for row in world.broken() if row[0] == "I14"] == []
    assert forgetting.run() == "0 notices and 0 deliveries deleted"
