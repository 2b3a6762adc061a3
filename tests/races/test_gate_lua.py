"""The acts of the gate, each by real parallel clients of a real Redis: what the Lua files promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.gate import keys, marks
from tests.kit.servers import RedisServer, wait_for
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race
ACTS = Path(__file__).parents[2] / "app" / "gate"
BATCH = "bat_1"
GATE = [keys.gate(BATCH), keys.pending(BATCH)]
BUCKETS = 2
HELD = [keys.held(BATCH, bucket) for bucket in range(BUCKETS)]
DAY_MS = 86_400_000


class Acts:
    """The Lua files against one server, each call from a connection of its own."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.redis = server.client()

    def run(self, file: str, names: list[str], *words: str | int) -> Any:
        """One act by one client."""
        with self.server.client() as client:
            return client.eval((ACTS / file).read_text(), len(names), *names, *words)

    def now(self) -> int:
        """Redis time in epoch ms."""
        seconds, micros = self.redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    def open(
        self,
        epoch: int,
        stock: int,
        limit: int = 1,
        state: str = "open",
        starts_in: int = -1000,
        buckets: int = BUCKETS,
    ) -> int:
        """Set the gate."""
        start = self.now() + starts_in
        return int(self.run("open.lua", GATE, epoch, state, stock, start, start + DAY_MS, limit, buckets))

    def ask(self, *claims: tuple[str, str], offset: int = 0, buckets: int = BUCKETS) -> list[str]:
        """The reply to a group of claims, each of a key and a citizen."""
        people = [marks.of(citizen) for _, citizen in claims]
        names = [keys.held(BATCH, mark.spread % buckets) for mark in people]
        words = [
            word for (key, _), mark in zip(claims, people, strict=True) for word in (key, mark.fingerprint)
        ]
        reply: list[str] = self.run("claim.lua", [*GATE, *names], offset, buckets, *words)
        return reply

    def claim(self, key: str, citizen: str, offset: int = 0) -> str:
        """The verdict for one claim."""
        return self.ask((key, citizen), offset=offset)[4]

    def give_back(self, key: str, citizen: str, epoch: int, buckets: int = BUCKETS) -> list[Any]:
        """The reply to a unit's return."""
        mark = marks.of(citizen)
        names = [*GATE, keys.held(BATCH, mark.spread % buckets)]
        reply: list[Any] = self.run("give_back.lua", names, key, epoch, mark.fingerprint, buckets)
        return reply

    def units(self) -> int:
        """Marks of units; a bucket that was touched also holds its epoch."""
        sizes = [int(self.redis.scard(bucket)) for bucket in HELD]
        return sum(sizes) - sum(1 for size in sizes if size)

    def stock(self) -> int:
        """What the gate has left."""
        return int(self.redis.hget(GATE[0], "stock") or -1)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A Redis of our own."""
    redis = RedisServer().start()
    yield redis
    redis.remove()


@pytest.fixture
def acts(server: RedisServer) -> Iterator[Acts]:
    """An empty Redis."""
    acts = Acts(server)
    acts.redis.flushall()
    yield acts
    acts.redis.close()


def test_claim_lua_admits_exactly_the_stock(acts: Acts):
    """Five units, forty citizens at once: five are admitted and noted, the gate never goes below zero."""
    acts.open(epoch=1, stock=5)
    verdicts = all_at_once([partial(acts.claim, f"key-{n}", f"ctz_{n}") for n in range(40)])
    assert Counter(verdicts) == {"ADMITTED": 5, "SOLD_OUT": 35}
    assert (acts.stock(), acts.redis.hlen(GATE[1]), acts.units()) == (0, 5, 5)


def test_claim_lua_admits_one_person_up_to_the_limit(acts: Acts):
    """Twenty keys of one citizen with a limit of two: two units leave the gate."""
    acts.open(epoch=1, stock=10, limit=2)
    verdicts = all_at_once([partial(acts.claim, f"key-{n}", "ctz_1") for n in range(20)])
    assert Counter(verdicts) == {"ADMITTED": 2, "PERSON_LIMIT": 18}
    assert acts.stock() == 8


def test_claim_lua_judges_a_group_in_its_order(acts: Acts):
    """Ten groups of eight at once, the last two of each by one person: stock and limits hold inside and across."""
    acts.open(epoch=1, stock=25)
    groups = [[f"ctz_{g}_{n}" for n in (0, 1, 2, 3, 4, 5, 6, 6)] for g in range(10)]
    replies = all_at_once(
        [partial(acts.ask, *((f"{c}/{n}", c) for n, c in enumerate(group))) for group in groups]
    )
    verdicts = [verdict for reply in replies for verdict in reply[4:]]
    assert len(verdicts) == 80 and Counter(verdicts)["ADMITTED"] == 25
    assert (acts.stock(), acts.redis.hlen(GATE[1]), acts.units()) == (0, 25, 25)


def test_confirm_lua_removes_all_notes_of_a_group(acts: Acts):
    """One call for many claims; what is not there does not count."""
    acts.open(epoch=1, stock=5)
    acts.ask(("a", "ctz_1"), ("b", "ctz_2"), ("c", "ctz_3"))
    assert acts.run("confirm.lua", GATE[1:2], 1, "a", "b", "x") == 2
    assert acts.redis.hkeys(GATE[1]) == ["c"]


def test_claim_lua_gives_the_same_key_the_same_unit(acts: Acts):
    """One claim sent twenty times at once takes one unit, and the instant of its admission stays."""
    acts.open(epoch=1, stock=10)
    replies = all_at_once([partial(acts.ask, ("key-1", "ctz_1"))] * 20)
    verdicts = Counter(reply[4].partition("|")[0] for reply in replies)
    assert verdicts == {"ADMITTED": 1, "AGAIN": 19}
    admitted_at = {reply[4].partition("|")[2] or reply[2] for reply in replies}
    assert len(admitted_at) == 1
    assert acts.stock() == 9


def test_claim_lua_judges_the_window_by_redis_time(acts: Acts):
    """Before the window, in it, after it, and where the gate is missing, paused or closed."""
    assert acts.claim("key-1", "ctz_1") == "CLOSED"
    acts.open(epoch=1, stock=1, starts_in=60_000)
    assert acts.claim("key-1", "ctz_1") == "NOT_STARTED"
    assert acts.claim("key-1", "ctz_1", offset=61_000 + DAY_MS) == "ENDED"
    acts.open(epoch=2, stock=1, state="paused")
    assert acts.claim("key-1", "ctz_1") == "PAUSED"
    acts.open(epoch=3, stock=1, state="closed")
    assert acts.claim("key-1", "ctz_1") == "ENDED"
    assert acts.stock() == 1


def test_confirm_lua_removes_a_note_once_and_only_of_its_epoch(acts: Acts):
    """Twenty confirmations of one claim: one finds the note; one of an older epoch finds nothing."""
    acts.open(epoch=7, stock=2)
    acts.claim("key-1", "ctz_1")
    assert acts.run("confirm.lua", GATE[1:2], 6, "key-1") == 0
    replies = all_at_once([partial(acts.run, "confirm.lua", GATE[1:2], 7, "key-1")] * 20)
    assert sorted(replies) == [0] * 19 + [1]
    assert (acts.stock(), acts.redis.hlen(GATE[1])) == (1, 0)


def test_give_back_lua_returns_a_unit_once_and_only_in_its_epoch(acts: Acts):
    """Twenty returns of one unit: the stock rises by one, and the person may claim again."""
    acts.open(epoch=7, stock=2)
    acts.claim("key-1", "ctz_1")
    assert acts.give_back("key-1", "ctz_1", epoch=6) == [str(BUCKETS), 0]
    replies = all_at_once([partial(acts.give_back, "key-1", "ctz_1", epoch=7)] * 20)
    assert sorted(went for _, went in replies) == [0] * 19 + [1]
    assert (acts.stock(), acts.redis.hlen(GATE[1]), acts.units()) == (2, 0, 0)
    assert acts.claim("key-2", "ctz_1") == "ADMITTED"


def test_give_back_lua_after_a_rebuild_finds_nothing(acts: Acts):
    """The rebuilt gate has counted the unit already."""
    acts.open(epoch=1, stock=1)
    acts.claim("key-1", "ctz_1")
    acts.open(epoch=2, stock=1)
    assert acts.give_back("key-1", "ctz_1", epoch=1) == [str(BUCKETS), 0]
    assert acts.stock() == 1


def test_open_lua_keeps_the_newest_epoch(acts: Acts):
    """Twenty rebuilds arrive in any order: the gate ends with the newest truth, and no older one after it."""
    all_at_once([partial(acts.open, epoch, epoch * 10) for epoch in range(1, 21)])
    assert (acts.redis.hget(GATE[0], "epoch"), acts.stock()) == ("20", 200)
    assert acts.open(epoch=20, stock=1) == 0
    assert acts.stock() == 200


def test_open_lua_forgets_notes_of_the_epoch_before(acts: Acts):
    """Notes and person marks belong to their epoch, though the marks of the one before still lie there."""
    acts.open(epoch=1, stock=2)
    acts.claim("key-1", "ctz_1")
    assert acts.open(epoch=2, stock=2) == 1
    assert (acts.redis.exists(GATE[1]), acts.units()) == (0, 1)
    assert acts.claim("key-1", "ctz_1") == "ADMITTED"
    assert (acts.claim("key-2", "ctz_1"), acts.units()) == ("PERSON_LIMIT", 1)


def lock(acts: Acts, names: list[str], owner: str, life_ms: int = 60_000) -> int:
    """One order's vouchers for its owner: 1 or 0."""
    (reply,) = acts.run("lock.lua", names, life_ms, owner, len(names))
    return int(reply)


def unlock(acts: Acts, names: list[str], owner: str) -> int:
    """How many of them were released."""
    (reply,) = acts.run("unlock.lua", names, owner, len(names))
    return int(reply)


def test_lock_lua_gives_a_voucher_to_one_of_fifty(acts: Acts):
    """Fifty owners at once: one has it; the owner may ask again, nobody else."""
    names = keys.locks("ctz_1", ["vch_1"])
    owners = [f"owner-{n}" for n in range(50)]
    replies = all_at_once([partial(lock, acts, names, owner) for owner in owners])
    assert sum(replies) == 1
    winner = owners[replies.index(1)]
    assert acts.redis.get(names[0]) == winner
    assert lock(acts, names, winner) == 1


def test_lock_lua_takes_two_vouchers_both_or_neither(acts: Acts):
    """Pairs that overlap, locked in opposite orders at once: who is refused holds nothing."""
    pairs = [["vch_1", "vch_2"], ["vch_3", "vch_2"]] * 20
    tries = [(f"owner-{n}", keys.locks("ctz_1", pair)) for n, pair in enumerate(pairs)]
    replies = all_at_once([partial(lock, acts, names, owner) for owner, names in tries])
    ((winner, names),) = [each for each, reply in zip(tries, replies, strict=True) if reply]
    held = {name: acts.redis.get(name) for name in acts.redis.scan_iter("lock:*")}
    assert held == dict.fromkeys(names, winner)


def test_lock_lua_decides_each_order_of_a_call_by_itself(acts: Acts):
    """Three orders in one call: who wants a voucher that is held gets nothing, the other two get all of theirs."""
    first, second, third = (keys.locks(f"ctz_{n}", [f"vch_{n}a", f"vch_{n}b"]) for n in range(3))
    assert lock(acts, second[1:], "somebody") == 1
    asked = [word for owner in ("one", "two", "three") for word in (owner, 2)]
    assert acts.run("lock.lua", first + second + third, 60_000, *asked) == [1, 0, 1]
    held = ["one", "one", None, "somebody", "three", "three"]
    assert acts.redis.mget(first + second + third) == held
    assert acts.run("unlock.lua", first + second + third, *asked) == [2, 0, 2]
    assert acts.redis.mget(first + second + third) == [None, None, None, "somebody", None, None]


def test_unlock_lua_obeys_the_owner_alone(acts: Acts):
    """Twenty strangers and the owner at once: only the owner's two locks go, once."""
    names = keys.locks("ctz_1", ["vch_1", "vch_2"])
    lock(acts, names, "owner")
    strangers = [partial(unlock, acts, names, f"stranger-{n}") for n in range(20)]
    assert sum(all_at_once(strangers)) == 0
    assert acts.redis.mget(names) == ["owner", "owner"]
    assert sorted(all_at_once([partial(unlock, acts, names, "owner")] * 5)) == [0, 0, 0, 0, 2]


def test_unlock_lua_of_an_expired_owner_leaves_its_successor_alone(acts: Acts):
    """The first owner's time ran out, a second one holds the voucher: the first one's late unlock does nothing."""
    names = keys.locks("ctz_1", ["vch_1"])
    lock(acts, names, "first", 50)
    wait_for("the end of the first lock", lambda: lock(acts, names, "second") == 1)
    assert unlock(acts, names, "first") == 0
    assert acts.redis.get(names[0]) == "second"
