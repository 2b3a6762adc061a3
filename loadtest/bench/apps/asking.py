"""Somebody who asks the gate for units: the platform's own functions, without HTTP and without SQL.

    python -m loadtest.bench.apps.asking BATCH FIRST COUNT GROUP ORDER

Says "ready". For each line it hears it claims for the next COUNT citizens, from FIRST on, in groups, confirms what was
admitted, and says as JSON how many that were and how many units were stolen for it. ORDER is `mixed`, or `by_home`: at
one line those of one shard, at the next those of the next. With COUNT 0 it opens the gate instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import count, cycle, islice, repeat, tee
from typing import Any

from werkzeug.utils import import_string


def main() -> None:
    """Ask."""
    batch_id, first, asked, group, order = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    app = import_string("wsgi:application")
    with app.app_context():
        if not asked:
            import_string("app.gate.rebuild:rebuild")(batch_id)
            return
        gate = import_string("app.gate.admission")
        print("ready", flush=True)
        lines = people(batch_id, first, order)
        while sys.stdin.readline():
            before = stolen()
            claimants = [gate.Claimant(name, f"key-{name[-16:]}") for name in islice(next(lines), asked)]
            admitted = sum(
                ask(gate, batch_id, claimants[start : start + group]) for start in range(0, asked, group)
            )
            print(json.dumps({"admitted": admitted, "stolen": stolen() - before}), flush=True)


def people(batch_id: str, first: int, order: str) -> Iterator[Iterator[str]]:
    """The line that each request for claims takes its citizens from, the next of theirs."""
    tags = import_string("app.gate.shards:tags")(batch_id)
    line = (f"ctz_{number:026d}" for number in count(first))
    if order == "mixed":
        return repeat(line)
    return cycle([_at_home(tag, tags, each) for tag, each in zip(tags, tee(line, len(tags)), strict=True)])


def _at_home(tag: str, tags: Sequence[str], line: Iterator[str]) -> Iterator[str]:
    home = import_string("app.gate.shards:home")
    return (each for each in line if home(tags, each) == tag)


def stolen() -> float:
    """Units that this process moved from shard to shard so far."""
    (steals,) = import_string("app.metrics:GATE_STEALS").collect()
    return float(sum(sample.value for sample in steals.samples if sample.name.endswith("_total")))


def ask(gate: Any, batch_id: str, claimants: Sequence[Any]) -> int:
    """One group, as a lane does it; confirmed as after a COMMIT. How many were admitted."""
    words = gate.ask(batch_id, claimants)
    won = [each for each, word in zip(claimants, words, strict=True) if word.verdict == "ADMITTED"]
    if won:
        gate.confirm(batch_id, words[0].epoch, won)
    return len(won)


if __name__ == "__main__":
    main()
