"""Somebody who asks the gate as fast as it answers: the platform's own functions, without HTTP and without SQL.

    python -m loadtest.bench.apps.asking BATCH FIRST COUNT GROUP

Says "ready" and waits for a line; then claims for citizens FIRST to FIRST + COUNT in groups, confirms what was
admitted, and says as JSON how many that were and how many units were stolen. With COUNT 0 it opens the gate instead.
"""

from __future__ import annotations

import json
import sys

from werkzeug.utils import import_string


def main() -> None:
    """Ask."""
    batch_id, first, count, group = sys.argv[1], *map(int, sys.argv[2:])
    app = import_string("wsgi:application")
    with app.app_context():
        if not count:
            import_string("app.gate.rebuild:rebuild")(batch_id)
            return
        print("ready", flush=True)
        sys.stdin.readline()
        admitted = sum(
            asked(batch_id, range(start, min(start + group, first + count)))
            for start in range(first, first + count, group)
        )
    (steals,) = import_string("app.metrics:GATE_STEALS").collect()
    stolen = sum(sample.value for sample in steals.samples if sample.name.endswith("_total"))
    print(json.dumps({"admitted": admitted, "stolen": stolen}), flush=True)


def asked(batch_id: str, numbers: range) -> int:
    """One group: ask, and confirm as after a COMMIT."""
    gate = import_string("app.gate.admission")
    claimants = [gate.Claimant(f"ctz_{number:026d}", f"key-{number:016d}") for number in numbers]
    words = gate.ask(batch_id, claimants)
    won = [each for each, word in zip(claimants, words, strict=True) if word.verdict == "ADMITTED"]
    if won:
        gate.confirm(batch_id, words[0].epoch, won)
    return len(won)


if __name__ == "__main__":
    main()
