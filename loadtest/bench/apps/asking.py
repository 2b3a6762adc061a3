"""Somebody who asks the gate for units: the platform's own functions, without HTTP and without SQL.

    python -m loadtest.bench.apps.asking BATCH FIRST COUNT GROUP ORDER

Says "ready". For each line it hears it claims for the next COUNT citizens, from FIRST on, in groups, confirms what was
admitted, and says as JSON how many that were and how many units were stolen for it. ORDER is `mixed`, or `by_home`: the
groups of one shard, then those of the next. With COUNT 0 it opens the gate instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from werkzeug.utils import import_string


def main() -> None:
    """Ask."""
    batch_id, first, count, group, order = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    app = import_string("wsgi:application")
    with app.app_context():
        if not count:
            import_string("app.gate.rebuild:rebuild")(batch_id)
            return
        gate = import_string("app.gate.admission")
        print("ready", flush=True)
        while sys.stdin.readline():
            before = stolen()
            names = [f"ctz_{number:026d}" for number in range(first, first + count)]
            if order == "by_home":
                names = by_home(batch_id, names)
            claimants = [gate.Claimant(name, f"key-{name[-16:]}") for name in names]
            admitted = sum(
                ask(gate, batch_id, claimants[start : start + group]) for start in range(0, count, group)
            )
            first += count
            print(json.dumps({"admitted": admitted, "stolen": stolen() - before}), flush=True)


def stolen() -> float:
    """Units that this process moved from shard to shard so far."""
    (steals,) = import_string("app.metrics:GATE_STEALS").collect()
    return float(sum(sample.value for sample in steals.samples if sample.name.endswith("_total")))


def by_home(batch_id: str, citizen_ids: list[str]) -> list[str]:
    """Those of the first shard, those of the second, and so on."""
    shards = import_string("app.gate.shards")
    homes = shards.at_home(shards.tags(batch_id), citizen_ids)
    return [citizen_ids[place] for places in homes.values() for place in places]


def ask(gate: Any, batch_id: str, claimants: Sequence[Any]) -> int:
    """One group, as a lane does it; confirmed as after a COMMIT. How many were admitted."""
    words = gate.ask(batch_id, claimants)
    won = [each for each, word in zip(claimants, words, strict=True) if word.verdict == "ADMITTED"]
    if won:
        gate.confirm(batch_id, words[0].epoch, won)
    return len(won)


if __name__ == "__main__":
    main()
