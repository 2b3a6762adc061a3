"""A load test with a verdict: a shape of people on running processes.

    python -m loadtest                    SHAPE=OPENING_RUSH, LUNCH_PEAK or SOAK; SEED, CITIZENS (scales), DATA_DIR
    python -m loadtest --host http://127.0.0.1:8000 --data-dir .data [--logins .data/demo.json]

Without HOST it starts the platform itself, as `make run` does, on empty data in DATA_DIR. With HOST it uses a
platform that runs on DATA_DIR on this machine: from there come the SMS codes, and the settings for the audit.
Exit codes: 0 go, 1 no-go, 2 the run could not begin, 3 invalid run (the generator was late), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from locust import __version__ as locust_version  # before all that opens sockets: it patches them

from loadtest import report
from loadtest.replay.house import CannotPlay, House
from loadtest.replay.people import Unexpected
from loadtest.replay.wire import HOST
from loadtest.scene import Scene
from loadtest.shapes import SHAPES, Shape
from loadtest.storm import facts, play, since
from loadtest.verdict import judge

CANNOT_RUN = 2
INTERRUPTED = 130


def main(house_type: type[House] = House) -> int:
    """Prepare, storm, judge, report. Returns the exit code."""
    given = _arguments().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    house = house_type(Path(given.data_dir).expanduser().absolute())
    try:
        shape = SHAPES[given.shape].scaled(given.citizens) if given.citizens else SHAPES[given.shape]
        _room_for_connections(shape)
        with _platform(house, given.host):
            return run(house, shape, given)
    except (CannotPlay, ValueError) as word:
        print(f"无法开始 / cannot begin: {word}")
    except (Unexpected, OSError) as failure:
        print(f"准备时意外 / while preparing: {failure}\n日志 logs: {house.data_dir / 'logs'}")
    except SystemExit:
        print("\n已中断 / interrupted")
        return INTERRUPTED
    return CANNOT_RUN


def run(house: House, shape: Shape, given: argparse.Namespace) -> int:
    """One storm on a running platform. Returns the exit code."""
    print(
        f"{shape.name}: {shape.citizens:,} 人 citizens, {shape.vouchers:,} 张券 vouchers, {shape.tills} 收银台 tills, "
        f"{shape.seconds:g} s; seed {given.seed}; locust {locust_version}\nhttp://{HOST}:{house.port}  {house.data_dir}"
    )
    began = time.monotonic()
    scene = Scene(house, shape, given.seed, Path(given.logins) if given.logins else None)
    print(f"准备好了 prepared in {since(began)}")
    cpu_s, clock_s = time.process_time(), time.monotonic()
    storm = play(scene, given.seed)
    cpu = (time.process_time() - cpu_s) / (time.monotonic() - clock_s)
    verdict = judge(facts(storm, scene))
    outcome = report.Outcome(shape, given.seed, storm.attempts, storm.waits_s, storm.late_s, cpu, verdict)
    print(report.as_text(outcome))
    html, data = report.write(outcome, house.data_dir)
    print(f"报告 report: {html}\n数据 data:   {data}")
    print(f"结论 verdict: {verdict.word.upper()}")
    for reason in verdict.reasons:
        print(f"  ✗ {reason}")
    return verdict.exit_code


def _room_for_connections(shape: Shape) -> None:
    """In the worst second everybody has a connection open. Raises CannotPlay when the machine forbids so many."""
    wanted = shape.citizens + shape.tills + 256
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise CannotPlay(f"{wanted} open files are needed, ulimit -Hn allows {hard}: take fewer CITIZENS")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _platform(house: House, host: str) -> Iterator[None]:
    """Ours, on empty data; or the one at this address, left as it is."""
    if not host:
        house.clear()
        with house.running():
            yield
        return
    address = urlsplit(host)
    if address.scheme != "http" or address.hostname not in (HOST, "localhost") or not address.port:
        raise CannotPlay(f"HOST is http://{HOST}:PORT, not {host!r}")
    if not (house.data_dir / "env").exists():
        raise CannotPlay(f"{house.data_dir} is not the DATA_DIR of a running platform")
    house.port = address.port
    yield


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default=os.environ.get("SHAPE") or "OPENING_RUSH")
    for name, default in (("SEED", 1), ("CITIZENS", 0)):
        parser.add_argument(f"--{name.lower()}", type=int, default=int(os.environ.get(name) or default))
    parser.add_argument("--host", default=os.environ.get("HOST") or "", help="http://127.0.0.1:PORT")
    parser.add_argument("--logins", default=os.environ.get("LOGINS") or "", help="a demo's logins file")
    parser.add_argument("--data-dir", default=os.environ.get("DATA_DIR") or "./.data/load")
    return parser


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit


if __name__ == "__main__":
    sys.exit(main())
