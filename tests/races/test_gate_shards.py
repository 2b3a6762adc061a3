"""A batch split into shards (ADR 0016): every unit goes out, none twice, whoever is at home where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from app import clock
from app.gate import keys, rebuild, shards
from tests.conftest import DATABASES, Staffed, staffed
from tests.kit import inside
from tests.kit.crowd import Crowd
from tests.kit.scrape import scrape, value
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.kit.town import Town
from tests.races.test_gate_lua import GATE, Acts, acts, server

pytestmark = pytest.mark.race
assert acts and server  # fixtures, found by their names
SHARDS = 3
SWEPT_S = 20.0


def test_lend_lua_never_lends_what_is_not_there(acts: Acts):
    """Forty shards want three units each of a hundred: together they get a hundred, and then nothing."""
    acts.open(epoch=4, stock=100)
    assert acts.run("lend.lua", GATE[:1], 3, 5) == 0, "units of another epoch are nobody's"
    lent = all_at_once([partial(acts.run, "lend.lua", GATE[:1], 4, 3)] * 40)
    assert (sum(lent), acts.stock()) == (100, 0)
    assert lent.count(0) > 0 and acts.run("lend.lua", GATE[:1], 4, 1) == 0


def test_borrow_lua_counts_units_of_its_own_epoch_only(acts: Acts):
    """Twenty loans at once add up; one of an older or a newer gate is not counted, nor by a gate that is gone."""
    acts.open(epoch=4, stock=0)
    assert all_at_once([partial(acts.run, "borrow.lua", GATE[:1], 4, 2)] * 20) == [1] * 20
    assert [acts.run("borrow.lua", GATE[:1], epoch, 2) for epoch in (3, 5)] == [0, 0]
    assert acts.stock() == 40
    acts.redis.flushall()
    assert (acts.run("borrow.lua", GATE[:1], 4, 2), acts.redis.exists(GATE[0])) == (0, 0)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64])
def test_the_slots_of_the_shards_lie_in_equal_parts(count: int):
    """The tags are distinct, the same in every process, and a batch that is not split keeps its own name."""
    tags = shards._tags("bat_01kxyz", count)
    assert tags == shards._tags("bat_01kxyz", count)
    parts = [key_slot(tag.encode()) * count // REDIS_CLUSTER_HASH_SLOTS for tag in tags]
    assert parts == list(range(count))
    assert count > 1 or tags == ("bat_01kxyz",)
    assert all(key_slot(keys.gate(tag).encode()) == key_slot(keys.held(tag, 9).encode()) for tag in tags)


def test_shares_add_up_and_differ_by_one_at_most():
    """Every stock, every number of shards."""
    for units in (0, 1, 2, 5, 64, 100_001):
        for count in (1, 2, 3, 64):
            parts = shards.shares(units, count)
            assert (sum(parts), len(parts)) == (units, count) and max(parts) - min(parts) <= 1


def test_people_are_spread_evenly_over_the_shards():
    """Of thirty thousand each shard of three is home to a third, give or take three per cent."""
    homes = shards.at_home(("a", "b", "c"), [f"ctz_{n}" for n in range(30_000)])
    assert sorted(place for places in homes.values() for place in places) == list(range(30_000))
    assert all(9_700 < len(places) < 10_300 for places in homes.values())


@pytest.fixture(scope="module", params=DATABASES)
def split(request: pytest.FixtureRequest) -> Iterator[Staffed]:
    """A town in which every batch is split into three; at the end its books must be right."""
    env = {"GATE_SHARDS": str(SHARDS)}
    if request.param == "postgresql":
        env["DATABASE_URL"] = request.getfixturevalue("postgres").database("split")
    with staffed(Town(request.param, env)) as here:
        yield here


def test_a_split_batch_goes_out_to_the_last_unit_and_not_further(split: Staffed):
    """As many people as vouchers: whoever's shard is dry gets a unit of another, at the first try, without a rebuild.

    Then a crowd of which four in five hear that it is sold out; and one citizen with twenty keys.
    """
    even, scarce = split.batch(stock=120), split.batch(stock=100)
    crowd = Crowd(split.town, 500)
    epoch = epoch_of(split, even.batch_id)
    assert Counter(Crowd(split.town, 120).claim(even.batch_id)) == {(201, None): 120}
    assert epoch_of(split, even.batch_id) == epoch, "no rebuild was needed"
    assert value(scrape(split.town), "ankang_gate_steals_total") >= guests_of(split, even.batch_id)
    assert Counter(crowd.claim(scarce.batch_id)) == {(201, None): 100, (409, "sold_out"): 400}
    single, citizen = split.batch(stock=9, person_limit=2), split.citizen()
    replies = all_at_once([lambda: citizen.claim(single.batch_id)] * 20)
    assert Counter(reply.code for reply in replies) == {None: 2, "person_limit": 18}


def test_units_lost_between_two_shards_are_found_again(split: Staffed):
    """Lent and never borrowed: the gates have none left, SQL has; the sweeper sets them anew, and all go out."""
    batch = split.batch(stock=6)
    tags = shards._tags(batch.batch_id, SHARDS)
    with split.town.redis() as redis:
        for tag in tags:
            redis.hincrby(keys.gate(tag), "stock", -2)
    crowd = Crowd(split.town, 6)
    wait_for("all six", lambda: {status for status, _ in crowd.claim(batch.batch_id)} <= {200, 201}, SWEPT_S)
    assert split.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == 6


def test_claims_committed_while_the_sweeper_looks_are_no_fault(
    split: Staffed, monkeypatch: pytest.MonkeyPatch
):
    """It has read SQL; then the last unit is claimed, and the gate is dry without a note. It must look again."""
    batch, citizen = split.batch(stock=1), split.citizen()
    epoch, tags = epoch_of(split, batch.batch_id), shards.tags
    heard: list[int] = []

    def claimed_first(batch_id: str) -> tuple[str, ...]:
        if batch_id == batch.batch_id and not heard:
            heard.append(citizen.claim(batch_id).status)
        return tags(batch_id)

    monkeypatch.setattr(shards, "tags", claimed_first)
    app = inside.build(split.town.platform_env)
    with app.app_context():
        assert (batch.batch_id in rebuild.sweep(clock.now()), heard) == (False, [201])
    inside.close(app)
    assert epoch_of(split, batch.batch_id) == epoch


def guests_of(here: Staffed, batch_id: str) -> int:
    """How many hold a unit of this batch that their own shard never had: so many had to be moved at least."""
    rows = here.town.rows("SELECT citizen_id FROM voucher WHERE batch_id = :b", b=batch_id)
    homes = shards.at_home(shards._tags(batch_id, SHARDS), [row["citizen_id"] for row in rows])
    share = len(rows) // SHARDS
    return sum(max(0, len(places) - share) for places in homes.values())


def epoch_of(here: Staffed, batch_id: str) -> int:
    """How often the gate was set."""
    return int(here.town.one("SELECT gate_epoch FROM batch WHERE id = :b", b=batch_id))
