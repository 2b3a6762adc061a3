"""P9: the gate of one batch on one master, and split over three, until it is sold out.

Gates are asked in turns, because the machine's moods are larger than what is looked for. What a gate could do is what
it did a CPU second of its busiest node: that one is full first. Three times the capacity on three nodes is exponent 1.
Where gates are full, so are the lanes in front of them: a script has as many claims as a lane hands over at most, 128 a
shard; and a full node has one such script after the other, while here all nodes share the caches of two cores, so in
each turn one node of a gate is asked, as often as the gate on one. `P9_mixed`: groups of 128 as people come, which are
three scripts for a split batch.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from loadtest.bench.claim import Bench
from loadtest.bench.cluster import Cluster
from loadtest.bench.fire import NoNumber
from loadtest.bench.platform import Platform, wait_until
from loadtest.replay.house import ROOT

NODES = 3
STOCK = 100_000
TOO_MANY = 1.1  # claimants for each unit, so that every shard runs dry
ASKERS = 2
# One asks, then the other; in the last turns, which are not counted, both at once, until nobody gets anything.
TURNS, RACING_TURNS = 48, 12
# What a lane hands over at most, a shard.
GROUP = 128
Asker = subprocess.Popen[str]


class Stand:
    """A batch of its own in front of a cluster, and those who ask for it."""

    def __init__(self, bench: Bench, platform: Platform, cluster: Cluster, shards: int, order: str) -> None:
        release = platform.release(STOCK)
        with psycopg.connect(bench.postgres.address("platform"), autocommit=True) as connection:
            # none of those who ask has met it yet
            split = "UPDATE batch SET gate_shards = %s WHERE id = %s"
            connection.execute(split, [shards, release.batch_id])
        ours = platform.settings()
        env = {**ours, "QUEUE_REDIS_URL": ours["REDIS_URL"], "REDIS_URL": cluster.url}
        env.pop("PROMETHEUS_MULTIPROC_DIR", None)
        _asker(env, release.batch_id, 0, 0, order).wait(60)
        each = math.ceil(STOCK * TOO_MANY / (TURNS + RACING_TURNS) / GROUP) * GROUP
        starts = [number * each * TURNS for number in range(ASKERS)]
        self._askers = [_asker(env, release.batch_id, start, each, order) for start in starts]
        self._cluster = cluster
        self._used_s = [0.0] * shards
        self.admitted, self._counted, self.stolen = 0, 0, 0.0
        wait_until(release.opens_at)
        for asker in self._askers:
            _heard(asker)

    def ask(self, turn: int) -> None:
        """Somebody asks for a part of their citizens, one after the other; in the last turns both at once."""
        before = self._cluster.cpu_s()
        at_once = TURNS - turn <= RACING_TURNS
        asking = self._askers if at_once else [self._askers[turn % ASKERS]]
        for asker in asking:
            assert asker.stdin is not None
            asker.stdin.write("go\n")
            asker.stdin.flush()
        said = [json.loads(_heard(asker)) for asker in asking]
        self.admitted += sum(each["admitted"] for each in said)
        self.stolen += sum(each["stolen"] for each in said)
        if not at_once:
            spent = zip(self._used_s, self._cluster.cpu_s(), before, strict=True)
            self._used_s = [used + now - was for used, now, was in spent]
            self._counted = self.admitted

    @property
    def per_busy_s(self) -> float:
        """Units that went out a CPU second of the busiest node."""
        return self._counted / max(self._used_s)

    def leave(self) -> None:
        """Nobody asks any more."""
        for asker in self._askers:
            asker.communicate(timeout=30)


def measure(bench: Bench, platform: Platform) -> Iterator[tuple[str, float, str]]:
    """Round by round: the exponent, what it is made of, and whether a unit was given twice or kept back."""
    program = Path(f"/proc/{platform.roots['redis']}/exe").resolve()
    clusters: dict[int, Cluster] = {}
    try:
        for nodes in (1, NODES):
            clusters[nodes] = Cluster(program, nodes)
        for _ in range(bench.plan.rounds):
            one = Stand(bench, platform, clusters[1], 1, "mixed")
            split = Stand(bench, platform, clusters[NODES], NODES, "by_home")
            mixed = Stand(bench, platform, clusters[NODES], NODES, "mixed")
            stands = (one, split, mixed)
            for turn in range(TURNS):
                for stand in stands[:: 1 if turn % 2 else -1]:
                    stand.ask(turn)
            yield "P9", math.log(split.per_busy_s / one.per_busy_s, NODES), "exponent"
            yield "P9_mixed", math.log(mixed.per_busy_s / one.per_busy_s, NODES), "exponent"
            yield "P9_steals", split.stolen, f"units of {STOCK}"
            for nodes, stand in ((1, one), (NODES, split)):
                yield f"P9_claims_per_cpu_s_on_{nodes}", stand.per_busy_s, "claims/s of the busiest node"
                yield f"P9_oversell_on_{nodes}", max(0, stand.admitted - STOCK), "units"
                yield f"P9_undersell_on_{nodes}", max(0, STOCK - stand.admitted), "units"
            for stand in stands:
                stand.leave()
    finally:
        for cluster in clusters.values():
            cluster.stop()


def _asker(env: dict[str, str], batch_id: str, first: int, count: int, order: str) -> Asker:
    words = ["-m", "loadtest.bench.apps.asking", batch_id, str(first), str(count), str(GROUP), order]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env, text=True, **pipes)


def _heard(asker: Asker) -> str:
    assert asker.stdout is not None
    line = asker.stdout.readline()
    if not line:
        raise NoNumber(f"somebody who asks the gate failed: {asker.wait(10)}")
    return line
