"""Play the reference campaign on running processes, settle it, and compare every figure.

    python -m loadtest.replay          plays; VOUCHERS, DIRECT_FEN, SEED, DATA_DIR from the environment or as options
    python -m loadtest.replay check    starts the platform again on the data of a finished replay and compares anew

DATABASE_URL and REDIS_URL are handed on to the platform. Exit codes: 0 every figure agrees and the audit is clean,
1 a difference, a breach or an unexpected answer, 2 cannot be played, 130 interrupted. The data stays in DATA_DIR.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from loadtest.replay import orders, play
from loadtest.replay.check import code_counters, compare
from loadtest.replay.house import CannotPlay, House
from loadtest.replay.people import Log, SmsFile, Unexpected
from loadtest.replay.plan import Plan, PlanError, make_plan

CANNOT_PLAY = 2
INTERRUPTED = 130


def main() -> int:
    """Play or check. Returns the exit code."""
    given = _arguments().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    house = House(Path(given.data_dir).expanduser().absolute())
    try:
        return check(house) if given.act == "check" else replay(house, given)
    except (CannotPlay, PlanError) as word:
        print(f"无法回放 / cannot play: {word}")
        return CANNOT_PLAY
    except (Unexpected, OSError) as failure:
        print(f"意外的回答 / unexpected: {failure}\n日志 logs: {house.data_dir / 'logs'}")
        return 1
    except SystemExit:
        print("\n已中断 / interrupted")
        return INTERRUPTED


def replay(house: House, given: argparse.Namespace) -> int:
    """Make a plan, start the platform on fresh data, play, settle, compare, audit."""
    plan = make_plan(given.vouchers, given.direct_fen, given.seed)
    house.clear()
    print(
        f"计划 plan: {len(plan.people):,} 人 citizens, {sum(1 for _ in plan.orders()):,} 单 orders, {plan.tills} tills"
    )
    with house.running():
        print(f"平台 platform: http://127.0.0.1:{house.port}  {house.data_dir}")
        town = play.Town(plan, house.port, SmsFile(house.data_dir / "sms.jsonl"), given.in_flight)
        differences = play_all(house, town, given)
        return verdict(house, differences)


def play_all(house: House, town: play.Town, given: argparse.Namespace) -> int:
    """The whole campaign, then the comparison. Returns how many figures differ."""
    began = time.monotonic()
    author, approver = (town.organizer(*house.new_organizer()) for _ in range(2))
    before = code_counters(author)
    play.open_shops(town, author)
    play.apply_all(town)
    play.wait_for_the_window(town, play.publish(town, author, approver))
    play.claim_all(town)
    orders.shop_all(town)
    state = {
        "vouchers": given.vouchers,
        "direct_fen": given.direct_fen,
        "seed": given.seed,
        "campaign_id": town.campaign_id,
        "batch_ids": town.batch_ids,
        "codes_before": asdict(before),
        "settlement_id": play.settle(town, author, approver),
    }
    house.remember(state)
    print_log(town.log, time.monotonic() - began)
    return compare(house, town.plan, author, state, counters=True)


def check(house: House) -> int:
    """Compare the data of a finished replay once more."""
    state = house.recall()
    plan: Plan = make_plan(state["vouchers"], state["direct_fen"], state["seed"])
    with house.running():
        town = play.Town(plan, house.port, SmsFile(house.data_dir / "sms.jsonl"), in_flight=1)
        organizer = town.organizer(*house.new_organizer())
        return verdict(house, compare(house, plan, organizer, state, counters=False))


def verdict(house: House, differences: int) -> int:
    """Run the platform's own audit, say how it all ended, and return the exit code."""
    audit = house.flask("audit")
    print(f"\n审计 flask audit (exit {audit.returncode}):\n{audit.stdout.strip() or audit.stderr.strip()}")
    if differences or audit.returncode:
        print(f"\n不一致 DIFFERENT: {differences} 项指标 figures; audit exit {audit.returncode}")
        return 1
    print("\n全部一致 every figure agrees, the audit is clean")
    return 0


def print_log(log: Log, took_s: float) -> None:
    """Requests, rate, and the time answers took by door, in milliseconds."""
    print(
        f"\n{log.requests:,} requests in {took_s:.0f} s ({log.requests / took_s:.0f}/s); waited: {dict(log.waited)}"
    )
    for door, times in sorted(log.took_s.items(), key=lambda each: -len(each[1])):
        ordered = sorted(times)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
        print(f"  {door:<28}{len(times):>8,}   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms")
    print()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.replay", description=__doc__.splitlines()[0])
    parser.add_argument("act", nargs="?", choices=("play", "check"), default="play")
    for name, default in (("VOUCHERS", 16055), ("DIRECT_FEN", 570000000), ("SEED", 1), ("IN_FLIGHT", 32)):
        option = f"--{name.lower().replace('_', '-')}"
        parser.add_argument(option, type=int, default=int(os.environ.get(name) or default))
    parser.add_argument("--data-dir", default=os.environ.get("DATA_DIR") or "./.data/replay")
    return parser


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit  # not KeyboardInterrupt: gevent would print a traceback of its own


if __name__ == "__main__":
    sys.exit(main())
