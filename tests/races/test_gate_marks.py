"""Who holds a unit, in few bytes: claim.lua, give_back.lua, open.lua and forget.lua on buckets of marks (ADR 0013)."""

from __future__ import annotations

from functools import partial

import pytest

from app.gate import keys, marks
from tests.conftest import Staffed
from tests.kit.people import iso
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.races.test_gate_lua import BATCH, BUCKETS, GATE, HELD, Acts, acts, server

pytestmark = pytest.mark.race
assert acts and server  # fixtures, found by their names
CLAIMS = 20_000
MOST_BYTES_A_CLAIM = 12
SWEPT_S = 20


def test_the_marks_of_an_open_gate_take_twelve_bytes_a_claim_and_of_a_closed_one_none(acts: Acts):
    """Twenty thousand claims that SQL has committed; everything there is counts."""
    buckets = marks.buckets_for(CLAIMS)
    held = [keys.held(BATCH, bucket) for bucket in range(buckets)]
    acts.open(epoch=1, stock=CLAIMS, buckets=buckets)
    for first in range(0, CLAIMS, 500):
        crowd = [(f"ctz_{n}/key", f"ctz_{n}") for n in range(first, first + 500)]
        acts.ask(*crowd, buckets=buckets)
        acts.run("confirm.lua", GATE[1:], 1, *(note for note, _ in crowd))
    assert {acts.redis.object("encoding", bucket) for bucket in held} == {"intset"}
    sizes = [acts.redis.memory_usage(key, samples=0) or 0 for key in acts.redis.scan_iter()]
    assert sum(sizes) / CLAIMS <= MOST_BYTES_A_CLAIM
    acts.open(epoch=2, stock=0, state="closed", buckets=0)
    assert acts.run("forget.lua", [GATE[0], *held], 0) == 1
    assert acts.redis.keys() == [GATE[0]]


def test_forget_lua_leaves_the_marks_of_a_gate_that_is_not_closed(acts: Acts):
    """A gate that was opened again in the meantime; once closed, twenty at once forget it, and the rest is counted."""
    acts.open(epoch=1, stock=5, limit=2)
    acts.claim("key-1", "ctz_1")
    assert acts.run("forget.lua", [GATE[0], *HELD], 0) == 0
    assert acts.units() == 1
    acts.open(epoch=2, stock=4, state="closed", buckets=0)
    assert acts.redis.hget(GATE[0], "buckets") == str(BUCKETS)
    assert all_at_once([partial(acts.run, "forget.lua", [GATE[0], HELD[1]], 1)] * 20) == [1] * 20
    assert acts.redis.hget(GATE[0], "buckets") == "1"
    acts.run("forget.lua", [GATE[0], HELD[0]], 0)
    assert acts.redis.keys() == [GATE[0]]


def test_who_counts_with_other_buckets_is_told_and_nothing_is_done(acts: Acts):
    """A rebuild made more of them between two claims of a process that knows the old number."""
    acts.open(epoch=1, stock=5)
    acts.open(epoch=2, stock=5, buckets=7)
    assert acts.ask(("key-1", "ctz_1"), buckets=BUCKETS) == ["7"]
    assert (acts.stock(), acts.redis.exists(GATE[1], *HELD)) == (5, 0)
    assert acts.ask(("key-1", "ctz_1"), buckets=7)[4] == "ADMITTED"
    assert acts.give_back("key-1", "ctz_1", epoch=2, buckets=BUCKETS) == ["7"]
    assert acts.stock() == 4
    assert acts.give_back("key-1", "ctz_1", epoch=2, buckets=7) == ["7", 1]
    assert acts.stock() == 5
    acts.open(epoch=3, stock=5, buckets=1)
    assert acts.redis.hget(GATE[0], "buckets") == "7", "or the last buckets would never be found again"


def test_units_of_one_person_come_and_go_one_by_one(acts: Acts):
    """Limit three: the units of a person are marked apart, given back one at a time, and taken again."""
    acts.open(epoch=1, stock=9, limit=3)
    verdicts = [acts.claim(f"key-{n}", "ctz_1") for n in range(4)]
    assert verdicts == ["ADMITTED"] * 3 + ["PERSON_LIMIT"]
    for n in (0, 1):
        acts.give_back(f"key-{n}", "ctz_1", epoch=1)
    assert (acts.units(), acts.stock()) == (1, 8)
    again = [acts.claim(f"again-{n}", "ctz_1") for n in range(3)]
    assert again == ["ADMITTED", "ADMITTED", "PERSON_LIMIT"]


def test_people_are_told_apart_and_every_mark_is_an_integer_that_redis_packs():
    """Fifty thousand people in one bucket: no two marks alike, none too long, none with a leading zero."""
    crowd = [f"{marks.of(f'ctz_{n}').fingerprint}001" for n in range(50_000)]
    assert len(set(crowd)) == len(crowd)
    assert all(str(int(mark)) == mark and int(mark) < 2**63 for mark in crowd)
    sizes = [0] * marks.buckets_for(50_000)
    for n in range(50_000):
        sizes[marks.of(f"ctz_{n}").spread % len(sizes)] += 1
    assert max(sizes) < 512 - 1  # and one for the epoch


def kept(here: Staffed, batch_id: str) -> set[str]:
    """Everything Redis keeps about a batch."""
    with here.town.redis() as redis:
        return set(redis.scan_iter(f"*{batch_id}*", count=1000))


def test_a_closed_campaign_leaves_no_marks(here: Staffed):
    """Two buckets, three claimants; when the close is answered, the gate alone is left, and it says so."""
    batch, crowd = here.batch(stock=marks.UNITS_A_BUCKET + 1), here.citizens(3)
    for citizen in crowd:
        citizen.claim(batch.batch_id, expect=201)
    held = {keys.held(batch.batch_id, bucket) for bucket in (0, 1)}
    assert held & kept(here, batch.batch_id)
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {}, expect=200)
    assert kept(here, batch.batch_id) <= {keys.gate(batch.batch_id), keys.rebuilt(batch.batch_id)}
    assert crowd[0].claim(batch.batch_id).code == "claim_ended"


def test_a_window_that_is_over_leaves_no_marks(here: Staffed):
    """Nobody closes the campaign: the sweeper closes the gate, and what it knew of people goes."""
    citizen = here.citizen()
    batch = here.batch(stock=5, claim_to=iso(here.town.now() + 120_000))
    citizen.claim(batch.batch_id, expect=201)
    assert kept(here, batch.batch_id) >= {keys.held(batch.batch_id, 0)}
    here.town.advance(180_000)
    wait_for("the sweeper", lambda: keys.held(batch.batch_id, 0) not in kept(here, batch.batch_id), SWEPT_S)
    assert citizen.claim(batch.batch_id).code == "claim_ended"
