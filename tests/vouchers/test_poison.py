"""One item of a group breaks it again and again: it fails alone, its 63 neighbours succeed; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from typing import Any

import pytest
from sqlalchemy import event

from app import once, sql
from app.citizen.displays import display_code
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.extensions import db
from app.gate.rebuild import rebuild
from app.vouchers import claim, redeem
from app.vouchers.redeeming import Redeeming
from tests.conftest import DATABASES
from tests.kit.servers import RedisServer
from tests.kit.world import World, open_world

GROUP, BAD = 64, 37
# The whole, then two halves on each of six levels; a whole group is run four times before it is split.
SAVEPOINTS, TRANSACTIONS = 1 + 2 * 6, sql.TRIES + 1
ORPHAN = (
    "INSERT INTO voucher (id, campaign_id, batch_id, citizen_id, ordinal, status, version, face_fen, claimed_at,"
    " valid_from, valid_to) SELECT 'vch_orphan', campaign_id, id, :citizen, 1, 'revoked', 1, face_fen, 0, 0, 1"
    " FROM batch WHERE id = :batch"
)
GHOST = (
    "INSERT INTO scan (id, epoch, handle, code_step, terminal_id, merchant_id, store_id, purpose, result, scanned_at)"
    " VALUES ('scn_ghost', :epoch, :handle, :step, :terminal, :merchant, :store, 'voucher', 'accepted', 0)"
)


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo town on this database."""
    home, redis = tmp_path_factory.mktemp("poison"), RedisServer().start()
    if request.param == "sqlite":
        address = f"sqlite:///{home}/poison.db"
    else:
        address = request.getfixturevalue("postgres").database("poison")
    with open_world(address, redis.url, home) as world:
        yield world
    redis.remove()


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many transactions and savepoints the block begins."""
    counts: Counter[str] = Counter()
    listeners = {
        name: (lambda *_, name=name: counts.update([name])) for name in ("begin", "savepoint", "commit")
    }
    for name, listener in listeners.items():
        event.listen(db.engine, name, listener)
    yield counts
    for name, listener in listeners.items():
        event.remove(db.engine, name, listener)


def claims(world: World, first: int) -> list[claim.Claim]:
    """A citizen each, who has never claimed, at the first batch."""
    people, batch = world.newcomers(range(first, first + GROUP)), world.batch()
    return [
        claim.Claim(person, batch, once.Write(person, "claim", token_hex(8), "same")) for person in people
    ]


def statuses(outcomes: Sequence[Any]) -> Counter[int]:
    """How many answers there are of each status."""
    return Counter(outcome.status for outcome in outcomes if isinstance(outcome, once.Answer))


def bodies(outcomes: Sequence[Any]) -> list[dict[str, Any]]:
    """What those who got an answer were told."""
    return [outcome.body for outcome in outcomes if isinstance(outcome, once.Answer)]


def test_a_poisoned_claim_fails_alone_in_a_group_of_64(world: World):
    """Somebody holds a voucher that no counter knows: its ordinal is taken. Mended, the same key gets its voucher."""
    group = claims(world, 0)
    world.do(ORPHAN, citizen=group[BAD].citizen_id, batch=group[BAD].batch_id)
    with counted() as counts:
        outcomes = claim._serve(group)
    bad = outcomes[BAD]
    assert isinstance(bad, Refused) and bad.refusal is Refusal.UNAVAILABLE
    assert statuses(outcomes) == {201: GROUP - 1}
    assert counts["savepoint"] == SAVEPOINTS
    assert world.one("SELECT COUNT(*) FROM voucher WHERE id <> 'vch_orphan'") == GROUP - 1
    world.do("DELETE FROM voucher WHERE id = 'vch_orphan'")
    again = list(claim._serve(group))
    assert statuses(again) == {201: GROUP}
    assert bodies(again[:BAD] + again[BAD + 1 :]) == bodies(outcomes)
    assert world.one("SELECT COUNT(*) FROM voucher") == world.one("SELECT SUM(claimed) FROM batch") == GROUP
    assert world.broken() == []


def redemptions(world: World, first: int) -> list[Redeeming]:
    """A voucher each, each with its holder's code and an order of its own."""
    vouchers = [outcome.object_id for outcome in claim._serve(claims(world, first))]  # type: ignore[union-attr]
    orders = [world.order(str(each), world.code_of(str(each)), token_hex(8)) for each in vouchers]
    return [redeem.read(asked, write) for asked, write in orders]


def ghost(world: World, of: Redeeming) -> None:
    """An accepted scan of this code and step that its handle does not know of."""
    assert of.shown is not None and of.shown.handle is not None
    epoch, handle = of.shown.handle
    step = world.one(
        "SELECT issued_step FROM code_handle WHERE epoch = :e AND handle = :h", e=epoch, h=handle
    )
    till = of.asked.till
    world.do(
        GHOST,
        epoch=epoch,
        handle=handle,
        step=step,
        terminal=till.terminal_id,
        merchant=till.merchant_id,
        store=till.store_id,
    )


def test_a_poisoned_redemption_fails_alone_in_a_group_of_64(world: World):
    """A code whose scan is there already: the row breaks its index. Mended, the same key redeems."""
    group = redemptions(world, GROUP)
    redeemed, postings = (
        "SELECT COUNT(*) FROM redemption",
        "SELECT COUNT(*) FROM transfer WHERE kind = 'redeem'",
    )
    ghost(world, group[BAD])
    with counted() as counts:
        outcomes = redeem._serve(group)
    bad = outcomes[BAD]
    assert isinstance(bad, Refused) and bad.refusal is Refusal.UNAVAILABLE
    assert statuses(outcomes) == {201: GROUP - 1}
    assert (counts["begin"], counts["savepoint"], counts["commit"]) == (TRANSACTIONS, SAVEPOINTS, 1)
    assert world.one(redeemed) == world.one(postings) == GROUP - 1
    world.do("DELETE FROM scan WHERE id = 'scn_ghost'")
    again = redeem._serve(group)
    assert statuses(again) == {201: GROUP}
    assert [isinstance(each, once.Answer) and each.replayed for each in again].count(False) == 1
    assert world.one(redeemed) == world.one(postings) == GROUP
    assert world.broken() == []


def test_a_mistake_of_ours_about_one_item_is_that_items_alone(world: World):
    """A name that cannot be opened breaks one receipt: its request hears of the mistake, the others are redeemed."""
    group = redemptions(world, 2 * GROUP)
    victim = group[BAD].citizen_id
    sealed = world.one("SELECT name_ct FROM citizen WHERE id = :id", id=victim)
    world.do("UPDATE citizen SET name_ct = :ct WHERE id = :id", ct=b"not sealed", id=victim)
    with counted() as counts:
        outcomes = redeem._serve(group)
    bad = outcomes[BAD]
    assert isinstance(bad, Exception) and not isinstance(bad, Refused)
    assert statuses(outcomes) == {201: GROUP - 1}
    assert (counts["begin"], counts["savepoint"]) == (2, SAVEPOINTS), "a mistake is not run again as a whole"
    world.do("UPDATE citizen SET name_ct = :ct WHERE id = :id", ct=sealed, id=victim)
    assert statuses(redeem._serve(group)) == {201: GROUP}
    assert world.broken() == []


def test_refusals_split_nothing(world: World):
    """Half of a group is refused, for two reasons: one transaction, no savepoint, every refusal stored."""
    group = redemptions(world, 3 * GROUP)
    others = [redeem.read(*world.order("vch_nothing", "no code", token_hex(8))) for _ in range(GROUP // 4)]
    strangers = world.newcomers(range(4 * GROUP, 4 * GROUP + GROUP // 4))
    others += [
        redeem.read(*world.order("vch_nothing", display_code(person)[0].digits, token_hex(8)))
        for person in strangers
    ]
    mixed = [each for pair in zip(group[: GROUP // 2], others, strict=True) for each in pair]
    with counted() as counts:
        outcomes = redeem._serve(mixed)
    assert (counts["begin"], counts["savepoint"], counts["commit"]) == (1, 0, 1)
    told = Counter(outcome.refusal for outcome in outcomes if isinstance(outcome, once.Answer))
    assert told == {
        None: GROUP // 2,
        Refusal.CODE_INVALID: GROUP // 4,
        Refusal.VOUCHER_NOT_FOUND: GROUP // 4,
    }
    again = redeem._serve(mixed)
    assert all(isinstance(each, once.Answer) and each.replayed for each in again)
    assert world.broken() == []


@pytest.mark.parametrize("owner_comes_first", [True, False])
def test_a_token_in_foreign_hands_opens_nothing_in_its_owners_group(world: World, owner_comes_first: bool):
    """Two terminals, one scan token, two vouchers of the holder, one group: the scan is its terminal's alone."""
    (first,) = claims(world, (5 + owner_comes_first) * GROUP)[:1]
    other = first._replace(
        batch_id=world.one("SELECT id FROM batch ORDER BY id LIMIT 1 OFFSET 1"),
        write=first.write._replace(key="other"),
    )
    rebuild(other.batch_id)
    (mine,), (theirs,) = claim._serve([first]), claim._serve([other])
    assert isinstance(mine, once.Answer) and isinstance(theirs, once.Answer)
    asked, write = world.order(str(mine.object_id), world.code_of(str(mine.object_id)), token_hex(8))
    asked = replace(asked, code=None, scan_token=world.scan(str(asked.code), token_hex(8)).body["scan_token"])
    stranger = world.one("SELECT id FROM terminal WHERE id <> :mine", mine=asked.till.terminal_id)
    stolen = replace(
        asked,
        till=replace(asked.till, terminal_id=stranger),
        order_no=token_hex(8),
        voucher_ids=[str(theirs.object_id)],
        order=Order(20_000),
    )
    group = [
        redeem.read(asked, write),
        redeem.read(stolen, once.Write(stranger, "redeem", stolen.order_no, "same")),
    ]
    told = redeem._serve(group if owner_comes_first else group[::-1])
    owner, thief = told if owner_comes_first else told[::-1]
    assert isinstance(owner, once.Answer) and owner.status == 201
    assert isinstance(thief, once.Answer) and thief.refusal is Refusal.SCAN_TOKEN_INVALID
    assert world.broken() == []
