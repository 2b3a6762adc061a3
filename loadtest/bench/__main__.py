"""Benchmarks against the goals P1 to P13 and P17, printed, plotted, and written down.

    python -m loadtest.bench claim      ROUNDS, MEASURE_S, CITIZENS, ATTEMPTS, SEED from the environment or as options
    python -m loadtest.bench redeem     ROUNDS, MEASURE_S, CITIZENS, STORM_S, SEED

Exit codes: 0 measured, 1 a planted slow-down went unnoticed or no round has a number, 2 cannot be measured here.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from loadtest.bench import claim, extras, redeem, report, rounds, storm
from loadtest.bench.fire import NoNumber, wrk
from loadtest.bench.platform import Platform, data_dir
from loadtest.bench.ratios import CLAIM, REDEEM, Subject
from loadtest.bench.rounds import Costs
from loadtest.bench.servers import Postgres
from loadtest.replay.house import ROOT, CannotPlay
from loadtest.replay.people import Unexpected

CANNOT = 2
LEAST_CITIZENS = 3_000
SUBJECTS = {subject.name: subject for subject in (CLAIM, REDEEM)}


def main() -> int:
    """Measure. Returns the exit code."""
    given = _arguments().parse_args()
    given.out = given.out or str(ROOT / "docs" / "benchmarks" / f"{given.act}.json")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    least = max(LEAST_CITIZENS, given.attempts if given.act == CLAIM.name else 0)
    if given.citizens < least:
        print(f"CITIZENS: at least {least}")
        return CANNOT
    try:
        wrk()
        with ExitStack() as stack:
            return run(stack, SUBJECTS[given.act], given)
    except (CannotPlay, NoNumber) as word:
        print(f"无法测量 / cannot be measured: {word}")
        return CANNOT


def run(stack: ExitStack, subject: Subject, given: argparse.Namespace) -> int:
    """Start everything, play the rounds, report; everything is stopped by the stack."""
    postgres = Postgres()
    stack.callback(postgres.stop)
    platforms = {
        name: stack.enter_context(
            Platform(
                data_dir() / name, database=name, postgres=postgres if name == "postgresql" else None
            ).serving(given.citizens)
        )
        for name in ("postgresql", "sqlite")
    }
    bench, besides = made(subject, given, postgres, platforms)
    stack.callback(bench.stop)
    bench.start()
    measured, dropped = play(bench, besides, given.only)
    dropped += besides.once(given.only)
    found = report.Found(subject, bench.plan, measured, dropped, besides)
    report.table(found)
    if given.out and measured:
        report.write(found, Path(given.out))
    return 0 if measured and all(each["noticed"] for each in found.sensitivity().values()) else 1


def made(
    subject: Subject, given: argparse.Namespace, postgres: Postgres, platforms: Mapping[str, Platform]
) -> tuple[rounds.Bench, rounds.Extras]:
    """What measures this subject."""
    much = (given.rounds, given.seconds, given.citizens, given.seed)
    if subject is CLAIM:
        claims = claim.Bench(claim.Plan(*much, given.attempts), postgres, platforms)
        return claims, extras.Extras(claims, given.growth)
    redemptions = redeem.Bench(redeem.Plan(*much, given.storm_s), postgres, platforms)
    return redemptions, storm.Extras(redemptions)


def play(bench: rounds.Bench, besides: rounds.Extras, only: str) -> tuple[list[Costs], list[str]]:
    """The rounds that have a number, and why the others have none."""
    measured, dropped = [], []
    for number in range(1, bench.plan.rounds + 1):
        print(f"第 {number} 轮 round {number} of {bench.plan.rounds}", flush=True)
        try:
            costs = bench.round(number, only)
            missing = besides.round(only)
        except (NoNumber, Unexpected, OSError) as reason:
            print(f"  无数 no number: {reason}", flush=True)
            dropped.append(f"round {number}: {reason}")
            for platform in bench.platforms.values():
                platform.releases.clear()
        else:
            measured.append(costs)
            for part in missing:
                print(f"  无数 no number: {part}", flush=True)
            dropped += [f"round {number}: {part}" for part in missing]
    return measured, dropped


def _arguments() -> argparse.ArgumentParser:
    env = os.environ.get
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.bench", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("act", choices=list(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=int(env("ROUNDS") or 5))
    parser.add_argument(
        "--seconds", type=float, default=float(env("MEASURE_S") or 3), help="a variant and round"
    )
    parser.add_argument("--citizens", type=int, default=int(env("CITIZENS") or 50_000))
    parser.add_argument("--attempts", type=int, default=int(env("ATTEMPTS") or 20_000), help="of P3, a round")
    parser.add_argument("--storm-s", type=float, default=float(env("STORM_S") or 60), help="of P13, s")
    parser.add_argument("--seed", type=int, default=int(env("SEED") or 1))
    parser.add_argument(
        "--growth", default=env("GROWTH") or "", help="claimants of P5: 10000,100000,1000000,10000000"
    )
    parser.add_argument(
        "--only",
        default=env("ONLY") or "",
        help="only variants and goals with one of these words in their name",
    )
    parser.add_argument(
        "--out",
        default=env("OUT"),
        help="the JSON file, by default docs/benchmarks/ACT.json; a plot beside it",
    )
    return parser


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
