"""P14 to P16, printed and written down.

    python -m loadtest.bench.settling      SIZES, ROUNDS, ONLY (a database), OUT from the environment

The same campaign in several sizes on one database: each with the same merchants, stores and days, so that only the
number of redemptions differs. Exit codes: 0 measured, 1 a sum is wrong, 2 cannot be measured here.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from loadtest.bench import report
from loadtest.bench.fire import NoNumber
from loadtest.bench.platform import Platform, data_dir
from loadtest.bench.servers import Postgres
from loadtest.bench.settling.measure import Plan, Side, results
from loadtest.replay.house import ROOT, CannotPlay

CANNOT = 2
SIZES = "50000,1000000,5000000"
DATABASES = ("postgresql", "sqlite")


def main() -> int:
    """Measure. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    env = os.environ.get
    sizes = sorted(int(size) for size in (env("SIZES") or SIZES).split(","))
    plan = Plan(tuple(sizes), rounds=int(env("ROUNDS") or 5))
    found: dict[str, dict[str, Any]] = {}
    try:
        for database in DATABASES:
            if (env("ONLY") or "") in database:
                with ExitStack() as stack:
                    found |= _side(stack, database, plan)
    except (CannotPlay, NoNumber) as word:
        print(f"无法测量 / cannot be measured: {word}")
        return CANNOT
    _report(found, plan, Path(env("OUT") or ROOT / "docs" / "benchmarks" / "settle.json"))
    return 0 if all(result["value"] is not None for result in found.values()) else 1


def _side(stack: ExitStack, database: str, plan: Plan) -> dict[str, dict[str, Any]]:
    """Everything on one database; its servers are stopped and its data is removed afterwards."""
    postgres = None
    if database == "postgresql":
        postgres = Postgres()
        stack.callback(postgres.stop)
    platform = Platform(data_dir() / f"settle-{database}", database=database, postgres=postgres)
    stack.callback(platform.clear)
    stack.enter_context(platform.serving(3))
    side = Side(platform, plan)
    side.fill()
    return results(database, side.measured(), plan)


def _report(found: dict[str, dict[str, Any]], plan: Plan, out: Path) -> None:
    for name, value in found.items():
        print(f"{name:<32}{value['value']!s:>14}  {value['unit']}")
    sizes = ",".join(map(str, plan.sizes))
    content = {
        "benchmark": "settle",
        "command": f"make bench-settle SIZES={sizes} ROUNDS={plan.rounds}",
        "level": "loopback",
        **report.place(),
        "seed": None,
        "rounds": plan.rounds,
        "results": found,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"写入 written: {out}")


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
