"""P9: the gate of one batch on one master, and split over three, until it is sold out.

Two processes ask as fast as the gate answers. What a gate could do is what it did a CPU second of its busiest node: on
a machine of its own, that node is the one that is full first. Twice as many nodes and twice the capacity is exponent 1.
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

NODES = (1, 3)
STOCK = 100_000
TOO_MANY = 1.1  # claimants for each unit, so that every shard runs dry
ASKERS = 2
# What a lane hands over at most: the groups of a gate that is full.
GROUP = 128


def measure(bench: Bench, platform: Platform) -> Iterator[tuple[str, float, str]]:
    """Round by round: the exponent, what it is made of, and whether a unit was given twice or kept back."""
    program = Path(f"/proc/{platform.roots['redis']}/exe").resolve()
    clusters: dict[int, Cluster] = {}
    try:
        for nodes in NODES:
            clusters[nodes] = Cluster(program, nodes)
        for number in range(1, bench.plan.rounds + 1):
            order = NODES if number % 2 else NODES[::-1]
            found = {nodes: _sold_out(bench, platform, clusters[nodes], nodes) for nodes in order}
            few, many = (found[nodes] for nodes in NODES)
            yield (
                "P9",
                math.log(many["per_busy_s"] / few["per_busy_s"]) / math.log(NODES[1] / NODES[0]),
                "exponent",
            )
            for nodes, each in found.items():
                yield f"P9_claims_per_cpu_s_on_{nodes}", each["per_busy_s"], "claims/s of the busiest node"
                yield f"P9_oversell_on_{nodes}", max(0, each["admitted"] - STOCK), "units"
                yield f"P9_undersell_on_{nodes}", max(0, STOCK - each["admitted"]), "units"
            yield "P9_steals", many["stolen"], f"units of {STOCK}"
    finally:
        for cluster in clusters.values():
            cluster.stop()


def _sold_out(bench: Bench, platform: Platform, cluster: Cluster, shards: int) -> dict[str, float]:
    """A batch of its own, asked until nobody gets anything."""
    release = platform.release(STOCK)
    with psycopg.connect(bench.postgres.address("platform"), autocommit=True) as connection:
        connection.execute(
            "UPDATE batch SET gate_shards = %s WHERE id = %s", [shards, release.batch_id]
        )  # nobody of the bench's askers has met it yet
    env = {
        **platform.settings(),
        "QUEUE_REDIS_URL": platform.settings()["REDIS_URL"],
        "REDIS_URL": cluster.url,
    }
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    _asker(env, release.batch_id, 0, 0).wait(60)
    each = int(STOCK * TOO_MANY) // ASKERS
    askers = [_asker(env, release.batch_id, number * each, each) for number in range(ASKERS)]
    wait_until(release.opens_at)
    for asker in askers:
        assert asker.stdout is not None
        asker.stdout.readline()
    before = cluster.cpu_s()
    said = _told(askers)
    used = [after - was for after, was in zip(cluster.cpu_s(), before, strict=True)]
    admitted = sum(each["admitted"] for each in said)
    return {
        "admitted": admitted,
        "stolen": sum(each["stolen"] for each in said),
        "per_busy_s": admitted / max(used),
    }


def _asker(env: dict[str, str], batch_id: str, first: int, count: int) -> subprocess.Popen[str]:
    words = ["-m", "loadtest.bench.apps.asking", batch_id, str(first), str(count), str(GROUP)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env, text=True, **pipes)


def _told(askers: list[subprocess.Popen[str]]) -> list[dict[str, float]]:
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("go\n")
        asker.stdin.flush()
    said = [asker.communicate(timeout=300)[0] for asker in askers]
    if any(asker.returncode for asker in askers):
        raise NoNumber(f"somebody who asks the gate failed: {[asker.returncode for asker in askers]}")
    return [json.loads(words) for words in said]
