"""The table, the JSON file (performance.md 3.5) and the plot."""

from __future__ import annotations

import json
import platform as machine
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from loadtest.bench.fire import wrk
from loadtest.bench.plot import COLOURS, bars
from loadtest.bench.ratios import NOT_MEASURED, Cost, Subject, costs, noticed, ratios, spread
from loadtest.bench.rounds import Extras, Plan
from loadtest.replay.house import ROOT

PACKAGES = (
    "flask",
    "granian",
    "gunicorn",
    "gevent",
    "sqlalchemy",
    "psycopg",
    "redis",
    "hiredis",
    "flask-sqlalchemy",
)


@dataclass(frozen=True)
class Found:
    """What a run has found."""

    subject: Subject
    plan: Plan
    rounds: list[dict[str, Cost]]
    dropped: list[str]
    extras: Extras

    def sensitivity(self) -> dict[str, dict[str, Any]]:
        """Each planted slow-down: what it added, and whether that was noticed."""
        return {
            name: noticed(self.rounds, planted, plain)
            for name, (planted, plain) in self.subject.plants.items()
            if any(planted in each for each in self.rounds)
        }

    def results(self) -> dict[str, dict[str, Any]]:
        """By goal number; what was not measured says so."""
        found = {**ratios(self.subject, self.rounds), **self.extras.results()}
        for name in self.subject.others:
            found.setdefault(
                name, {"value": None, "low": None, "high": None, "unit": "ratio", "note": NOT_MEASURED}
            )
        return dict(sorted(found.items(), key=lambda item: (int(item[0][1:].split("_")[0]), item[0])))

    def crowding(self) -> dict[str, Any]:
        """Of the shared cache, at all measurements: above 3 neighbours on the machine have most of it."""
        return spread(self.extras.bench.crowding)

    def cpu_us(self) -> dict[str, dict[str, Any]]:
        """Absolute figures."""
        return {**costs(self.rounds), **costs(self.extras.costs)}


def document(found: Found) -> dict[str, Any]:
    """The JSON file."""
    return {
        "benchmark": found.subject.name,
        "command": command(found.subject, found.plan),
        "level": "loopback",
        **place(),
        "seed": found.plan.seed,
        "rounds": len(found.rounds),
        "crowding": found.crowding(),
        "dropped": found.dropped,
        "results": found.results(),
        "cpu_us_per_request": found.cpu_us(),
        "sensitivity": found.sensitivity(),
        "keep_alive_stalls": found.extras.stalled(),
    }


def place() -> dict[str, Any]:
    """Of what it was measured, and where."""
    commit = _said("git", "rev-parse", "HEAD") + ("+" if _said("git", "status", "--porcelain") else "")
    return {"commit": commit, "machine": _machine(), "versions": _versions()}


def command(subject: Subject, plan: Plan) -> str:
    """The line that makes the same run."""
    given = {
        "MEASURE_S": f"{plan.seconds:g}",
        **{name.upper(): str(value) for name, value in asdict(plan).items()},
    }
    given.pop("SECONDS")
    return shlex.join(
        ["make", f"bench-{subject.name}", *(f"{name}={value}" for name, value in given.items())]
    )


def write(found: Found, out: Path) -> None:
    """The JSON file and, beside it, the plot."""
    out.parent.mkdir(parents=True, exist_ok=True)
    content = document(found)
    out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".svg").write_text(bars(content), encoding="utf-8")
    print(f"写入 written: {out}, {out.with_suffix('.svg')}")


def table(found: Found) -> None:
    """For the terminal."""
    heads = "".join(f"{head:>10}" for head in (*COLOURS, "total", "1/s", "p50 ms", "p99 ms"))
    print(f"\n{'CPU µs a request':<28}{heads}")
    for name, cost in sorted(found.cpu_us().items(), key=lambda item: float(item[1]["total"])):
        parts = "".join(f"{cost.get(part, 0):>10.1f}" for part in (*COLOURS, "total"))
        times = f"{cost['p50_us'] / 1000:>10.2f}{cost['p99_us'] / 1000:>10.2f}"
        print(f"{name:<28}{parts}{cost['per_s']:>10}{times}")
    print(f"\n{'ratio':<28}{'median':>10}{'low':>10}{'high':>10}  unit, {len(found.rounds)} rounds")
    for name, value in found.results().items():
        print(_line(name, value))
    for name, value in found.sensitivity().items():
        print(
            f"{'✓ noticed' if value['noticed'] else '✗ UNNOTICED'}: {name}, {value['value']} {value['unit']}"
        )
    print(f"拥挤 crowding of the shared cache: {found.crowding()}")
    stalled = found.extras.stalled()
    print(f"40 ms stall of keep-alive clients: {', '.join(stalled) or 'none'}")
    for reason in found.dropped:
        print(f"– {reason}")


def _line(name: str, value: dict[str, Any]) -> str:
    if value["value"] is None:
        return f"{name:<28}{'–':>10}{'':>20}  {NOT_MEASURED}"
    return f"{name:<28}{value['value']:>10}{value['low']:>10}{value['high']:>10}  {value['unit']}"


def _said(*words: str) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def _machine() -> dict[str, Any]:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].partition(":")[2].strip() if names else machine.machine()
    return {
        "cpu": model,
        "cores": len(names),
        "kernel": machine.release(),
        "generator": "wrk on the same cores",
    }


def _versions() -> dict[str, str]:
    servers = {"wrk": _said(wrk(), "-v").partition(" [")[0], "psql": _said("psql", "--version")}
    return {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}, **servers}
