"""The gate on a real Redis Cluster: the masters die and fail over, the vouchers stay exact (ADR 0014)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis

from app import redis_clients
from app.gate import keys
from tests.conftest import Staffed, staffed
from tests.kit.cluster import MASTERS, RedisCluster
from tests.kit.crowd import Crowd, Word
from tests.kit.http import Door
from tests.kit.servers import Postgres, RedisServer, wait_for
from tests.kit.town import Town

pytestmark = [pytest.mark.race, pytest.mark.timeout(300)]
CLAIMANTS, STOCK = 2_000, 500
PATIENCE_S = 30.0
GRANTED = (200, 201)
BUSY = """local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
local till = now() + 800
while now() < till do end"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    """Three masters, three replicas."""
    cluster = RedisCluster()
    try:
        yield cluster.start()
    finally:
        cluster.remove()


@pytest.fixture(scope="module", params=[1, MASTERS], ids=["whole", "split"])
def clustered(request: pytest.FixtureRequest, postgres: Postgres, cluster: RedisCluster) -> Iterator[Staffed]:
    """A staffed town whose gate is the cluster and whose queue is one server; at the end its books must be right.

    First a batch has one shard, then one on every master.
    """
    queue = RedisServer().start()
    env = {"REDIS_URL": cluster.url, "QUEUE_REDIS_URL": queue.url, "GATE_SHARDS": str(request.param)}
    town = Town("postgresql", {**env, "DATABASE_URL": postgres.database(f"clustered{request.param}")})
    try:
        with staffed(town) as here:
            yield here
    finally:
        queue.remove()


def claimed(town: Town, batch_id: str) -> int:
    """Vouchers of this batch."""
    return int(town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch_id))


def test_a_command_that_timed_out_is_not_sent_again(cluster: RedisCluster):
    """The master is busy for longer than a client waits, and then does what it was told: once."""
    key = "{a-slot-of-its-own}"
    client, master = redis_clients.Gate(cluster.url).client(), cluster.master_of(key)
    client.set(key, "0")
    busy = threading.Thread(target=master.client().eval, args=[BUSY, 0])
    busy.start()
    wait_for("a busy master", lambda: _is_busy(master))
    with pytest.raises(redis.TimeoutError):
        client.incr(key)
    busy.join()
    assert client.get(key) == "1"
    client.close()


def _is_busy(server: RedisServer) -> bool:
    try:
        with redis.Redis(port=server.port, socket_timeout=0.02, **redis_clients.NEVER_REPEAT) as client:
            return not client.ping()
    except redis.TimeoutError:
        return True


def test_a_claim_a_redemption_and_a_reversal_on_a_cluster(clustered: Staffed):
    """Every act finds its slot: gate, marks and locks of several batches and citizens."""
    batches, citizen, shop = [clustered.batch() for _ in range(4)], clustered.citizen(), clustered.shop()
    for batch in batches:
        voucher = citizen.holds(batch.batch_id)
        assert citizen.claim(batch.batch_id).code == "person_limit"
        assert shop.redeem(citizen.show(), [voucher], f"O-{voucher[-8:]}").status == 201
        assert shop.reverse(f"O-{voucher[-8:]}").status == 201
    assert "memory_cannot_look" not in clustered.town.log("web")
    clustered.town.audit()


def test_a_master_that_evicts_is_named(clustered: Staffed, cluster: RedisCluster):
    """The promises of the gate are kept by every master or by none."""
    master = cluster.master_of("any key")
    master.client().config_set("maxmemory-policy", "allkeys-lru")
    reply = Door(clustered.town.url).get("/readyz")
    master.client().config_set("maxmemory-policy", "noeviction")
    assert reply.status == 503
    assert reply.body["checks"]["redis"].startswith(
        f"Redis 127.0.0.1:{master.port}: maxmemory-policy is allkeys-lru"
    )
    assert Door(clustered.town.url).get("/readyz").status == 200


def test_a_master_dies_under_two_thousand_claimants_and_all_vouchers_go_to_different_people(
    clustered: Staffed, cluster: RedisCluster
):
    """The master of the batch's slot is killed when 50 have claimed. Later everybody asks again with the same key."""
    town, batch, crowd = clustered.town, clustered.batch(stock=STOCK), Crowd(clustered.town, CLAIMANTS)
    master = cluster.master_of(keys.gate(batch.batch_id))
    storm: list[Word] = []
    claiming = threading.Thread(target=lambda: storm.extend(crowd.claim(batch.batch_id, PATIENCE_S)))
    claiming.start()
    wait_for("the first claims", lambda: claimed(town, batch.batch_id) >= 50)
    cluster.kill(master)
    claiming.join()
    assert len(storm) == CLAIMANTS and {status for status, _ in storm} <= {*GRANTED, 409, 503}
    assert cluster.master_of(keys.gate(batch.batch_id)).port != master.port
    rounds: list[list[Word]] = []

    def all_are_claimed() -> bool:
        rounds.append(crowd.claim(batch.batch_id, PATIENCE_S))
        return granted(rounds[-1]) == STOCK

    wait_for("the last voucher", all_are_claimed, PATIENCE_S)
    assert claimed(town, batch.batch_id) == STOCK
    per_person = "SELECT COUNT(DISTINCT citizen_id) FROM voucher WHERE batch_id = :b"
    assert town.one(per_person, b=batch.batch_id) == STOCK
    for first, last in zip(storm, rounds[-1], strict=True):
        assert first[0] not in GRANTED or last[0] == 200, "a granted claim is found under its key"
    town.audit()
    master.start()


def granted(heard: list[Word]) -> int:
    """How many have a voucher."""
    return sum(status in GRANTED for status, _ in heard)


def test_gates_are_set_anew_when_a_replica_takes_over_from_a_master_that_lives(
    clustered: Staffed, cluster: RedisCluster
):
    """No process is new and none is gone; still the new master may not have heard the last words of the old one."""
    batch = clustered.batch(stock=5)
    gate = keys.gate(batch.batch_id)
    before = cluster.master_of(gate)
    with clustered.town.redis() as redis:
        epoch = int(redis.hget(gate, "epoch") or 0)
        cluster.promote_replica_of(before)
        wait_for("the new master", lambda: cluster.master_of(gate).port != before.port)
        wait_for("the rebuild", lambda: int(redis.hget(gate, "epoch") or 0) > epoch)
    clustered.citizen().claim(batch.batch_id, expect=201)
