"""The certification list for vendors of tills: what a client must do, played twice, the second time on a bad line.

    python -m loadtest.certify                                   the shipped client, a platform of its own
    python -m loadtest.certify --client "./till" --host http://127.0.0.1:8000 --key test_… --secret-file secret.txt
    python -m loadtest.certify --data-dir .data                  the platform that runs there
    python -m loadtest.certify --list                            the list as a table

The second time every tenth reply is dropped and every twentieth request is sent twice; the books must come out equal.
Exit codes: 0 certified, 1 not, 2 the list cannot be run, 130 interrupted. All options may come from the environment.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from loadtest.certify import books, place, report
from loadtest.certify.case import Case
from loadtest.certify.cases import CASES
from loadtest.certify.client import SHIPPED
from loadtest.certify.run import LOSSY, PLAIN, Plan, Result, play
from loadtest.certify.sandbox import NoSandbox, Terminal
from loadtest.replay.house import CannotPlay
from loadtest.replay.progress import Progress

CANNOT_RUN = 2
INTERRUPTED = 130
PREFIX = re.compile(r"[A-Za-z0-9_-]{1,30}")
OPTIONS = {
    "client": ("", "the vendor's command; default: the shipped client"),
    "host": ("", "a running platform, http://HOST:PORT"),
    "key": ("", "a test terminal's key id"),
    "secret-file": ("", "the file with its secret"),
    "logins": ("", "a demo's logins file, instead of a key"),
    "data-dir": ("", "the DATA_DIR of a running platform, instead of all these"),
    "prefix": ("", "what order numbers begin with; default: by the clock"),
    "only": ("", "cases whose ids begin with one of these, e.g. D or A1,D4"),
    "out": (".data/certify.json", "the report"),
    "minutes": ("15", "then no further case is begun"),
}


def main() -> int:
    """Find a platform, play the list twice, compare, report. Returns the exit code."""
    given = _arguments().parse_args()
    if given.list:
        print(report.table())
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ankang-certify-") as scratch,
            place.terminal(given, Path(scratch)) as terminal,
        ):
            return certify(given, terminal, Path(scratch))
    except (CannotPlay, NoSandbox, ValueError, OSError) as word:
        print(f"无法认证 / cannot run: {word}")
        return CANNOT_RUN
    except SystemExit:
        print("\n已中断 / interrupted")
        return INTERRUPTED


def certify(given: argparse.Namespace, terminal: Terminal, scratch: Path) -> int:
    """Both runs on one platform. Returns the exit code."""
    prefix = given.prefix or f"cert-{time.time():.0f}"
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"PREFIX: {PREFIX.pattern}, not {prefix!r}")
    command = shlex.split(given.client) or SHIPPED
    secret_file = scratch / "secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(terminal.secret)
    deadline = time.monotonic() + 60 * float(given.minutes)
    plan = Plan(_chosen(given.only), command, terminal, secret_file, prefix, deadline, scratch)
    print(f"{terminal.url}  {terminal.key_id}  {shlex.join(command)}  {prefix}")
    runs = []
    for name, losses in (("plain", PLAIN), ("lossy", LOSSY)):
        progress = Progress(name, len(plan.cases))
        runs.append(play(plan, name, losses, _teller(progress)))
        progress.end()
        print(report.of_run(runs[-1]), flush=True)
    between = books.between_runs(*(run.rows for run in runs))
    outcome = report.Outcome(terminal.url, shlex.join(command), prefix, runs, between)
    report.write(outcome, Path(given.out))
    print(f"{report.verdict(outcome)}\n报告 report: {given.out}")
    return 0 if outcome.holds else 1


def _teller(progress: Progress) -> Callable[[Result], None]:
    """A line a case above the bar."""

    def tell(result: Result) -> None:
        start = f"\r{'':<{report.WIDTH}}\r" if sys.stdout.isatty() else ""
        print(start + report.line(result), flush=True)
        progress.step()

    return tell


def _chosen(only: str) -> Sequence[Case]:
    """Raises ValueError where nothing is left."""
    begins = tuple(name for name in only.replace(",", " ").split()) or ("",)
    chosen = [case for case in CASES if case.id.startswith(begins)]
    if not chosen:
        raise ValueError(f"no case begins with {only}")
    return chosen


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.certify", description=__doc__.splitlines()[0])
    for name, (default, about) in OPTIONS.items():
        from_environment = os.environ.get(name.upper().replace("-", "_"))
        parser.add_argument(f"--{name}", default=from_environment or default, help=about)
    parser.add_argument("--list", action="store_true", help="print the list as a table")
    return parser


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit


if __name__ == "__main__":
    sys.exit(main())
