"""Claim storms in which processes die, one line a round; every promise is checked after each.

    python -m loadtest.crash        ROUNDS, SEED, DATABASE (sqlite | postgresql), CROWD, DATA_DIR from the environment

Goes on where an interrupted campaign of the same seed and database stopped. Exit codes: 0 every promise was kept,
1 a breach (with the seed and the round; a late opening is counted, any other stops),
2 cannot be played, 130 interrupted. The data stays in DATA_DIR.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from loadtest.crash.crowd import Breach, PatientWire, at_once, person
from loadtest.crash.house import CrashHouse
from loadtest.crash.plan import Round, make_round
from loadtest.crash.storm import Play, Result, Stage, wait_until_ready
from loadtest.crash.truth import Truth
from loadtest.replay.house import CannotPlay
from loadtest.replay.names import Identity, identities
from loadtest.replay.people import Citizen, Log, Organizer, SmsFile, Unexpected
from loadtest.replay.play import address
from loadtest.replay.progress import Progress
from loadtest.replay.wire import HOST, Wire

CANNOT_PLAY = 2
INTERRUPTED = 130
OPEN_AGAIN_WITHIN_S = 5.0


def main() -> int:
    """Play all rounds that are not done yet. Returns the exit code."""
    given = _arguments().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    data_dir = Path(given.data_dir or f"./.data/crash-{given.database}-{given.seed}").expanduser().absolute()
    house = CrashHouse(data_dir, database=given.database)
    try:
        return campaign(house, given)
    except CannotPlay as word:
        print(f"无法进行 / cannot play: {word}")
        return CANNOT_PLAY
    except (Unexpected, OSError) as failure:
        print(f"意外的回答 / unexpected: {failure}\n日志 logs: {house.data_dir / 'logs'}")
        return 1
    except SystemExit:
        print(f"\n已中断 / interrupted; 同一命令继续 / the same command goes on: {house.data_dir}")
        return INTERRUPTED


def campaign(house: CrashHouse, given: argparse.Namespace) -> int:
    """All rounds, then what they had in common."""
    house.take(given.seed)
    done = house.state["rounds"]
    print(
        f"{given.database}, seed {given.seed}: {len(done)}/{given.rounds} 轮已完成 rounds done; {house.data_dir}"
    )
    if len(done) < given.rounds:
        with house.everything_running():
            stage = _stage(house, given.crowd)
            while len(done) < given.rounds:
                planned = make_round(given.seed, len(done) + 1, given.database, given.crowd)
                if not _played(stage, planned, given):
                    return 1
    return summary(done, given.seed)


def _played(stage: Stage, planned: Round, given: argparse.Namespace) -> bool:
    """Play a round, say how it went, and remember it. False when a promise was broken."""
    head = f"{planned.number:>4}/{given.rounds}  {planned.title:<44} stock {planned.stock:>3}"
    play = Play(stage, planned)
    try:
        wait_until_ready(stage.house)
        result = play.run()
    except (Breach, Unexpected) as breach:
        print(
            f"{head}  违约 BREACH\nseed {given.seed}, round {planned.number}, batch {play.batch_id}: {breach}"
        )
        print(f"日志 logs: {stage.house.data_dir / 'logs'}")
        return False
    print(f"{head}  {_words(result)}", flush=True)
    stage.house.state["rounds"].append({"title": planned.title, **asdict(result)})
    stage.house.save()
    return True


def _words(result: Result) -> str:
    late = f"  晚 LATE (load {result.load:.1f})" if result.open_s > OPEN_AGAIN_WITHIN_S else ""
    return (
        f"acked {result.acknowledged:>3}  lost {result.lost:>3}  gave up {result.given_up:>2}"
        f" (granted {result.found_later:>2})  open {result.open_s:4.2f} s  sold out {result.sold_out_s:5.2f} s"
        f"  audit {result.clean_s:4.1f} s  {result.took_s:4.1f} s{late}"
    )


def summary(rounds: list[dict[str, Any]], seed: int) -> int:
    """The whole campaign in a few lines. Returns the exit code."""
    acknowledged = sum(each["acknowledged"] for each in rounds)
    print(f"\n{len(rounds)} 轮 rounds; 已确认的领取全部找到 acknowledged claims, all found: {acknowledged:,}")
    for name in ("open_s", "sold_out_s", "clean_s", "took_s"):
        times = sorted(each[name] for each in rounds)
        print(f"  {name:<12} median {times[len(times) // 2]:6.2f}   max {times[-1]:6.2f}")
    late = [number for number, each in enumerate(rounds, 1) if each["open_s"] > OPEN_AGAIN_WITHIN_S]
    if late:
        print(
            f"违约 BREACH: seed {seed}, rounds {late}: the gate opened later than {OPEN_AGAIN_WITHIN_S:.0f} s"
        )
        return 1
    print("全部守约 / every promise kept")
    return 0


def _stage(house: CrashHouse, crowd: int) -> Stage:
    """Two organizers, and citizens who have applied: made once, their sessions are kept."""
    log = Log()
    author, approver = (Organizer(PatientWire(house.port, HOST), log) for _ in range(2))
    for organizer in (author, approver):
        organizer.sign_in(*house.new_organizer())
    if not house.state["people"]:
        house.state["people"] = _apply(house, log, crowd)
        house.save()
    people = [person(token, house.port, number) for number, token in enumerate(house.state["people"])]
    return Stage(house, Truth(house.settings()["DATABASE_URL"]), author, approver, people)


def _apply(house: CrashHouse, log: Log, crowd: int) -> list[str]:
    """Citizens sign in and apply. Returns their session tokens."""
    whos = identities(random.Random(house.state["seed"]), crowd)
    messages = SmsFile(house.data_dir / "sms.jsonl")
    progress = Progress("申领 applications", crowd)
    tokens: list[str] = []

    def apply(numbered: tuple[int, Identity]) -> None:
        number, who = numbered
        citizen = Citizen(Wire(house.port, address(number, 16)), log, who)
        citizen.apply(messages)
        citizen.wire.close()
        tokens.append(citizen.token)
        progress.step()

    at_once(enumerate(whos), apply)
    progress.end()
    return tokens


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.crash", description=__doc__.splitlines()[0])
    for name, default in (("ROUNDS", 20), ("SEED", 1), ("CROWD", 200)):
        parser.add_argument(f"--{name.lower()}", type=int, default=int(os.environ.get(name) or default))
    database = os.environ.get("DATABASE") or "sqlite"
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default=database)
    parser.add_argument("--data-dir", default=os.environ.get("DATA_DIR") or "")
    return parser


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit  # not KeyboardInterrupt: gevent would print a traceback of its own


if __name__ == "__main__":
    sys.exit(main())
