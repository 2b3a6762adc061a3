"""What a run leaves: a table on the terminal, one HTML file that asks for nothing from elsewhere, one JSON file."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from jinja2 import Environment, FileSystemLoader

from loadtest.plots import Line, plot
from loadtest.shapes import Shape
from loadtest.verdict import Verdict, percentile

HERE = Path(__file__).parent
MOST_CODES = 8


class Attempted(Protocol):
    """One request and its answer, as the crowd notes it; seconds count from the opening."""

    @property
    def door(self) -> str:
        """claim, wallet, display, scan or redeem."""

    @property
    def at_s(self) -> float:
        """When it was sent."""

    @property
    def took_s(self) -> float:
        """From when it was due until the answer."""

    @property
    def status(self) -> int:
        """0: no answer."""

    @property
    def code(self) -> str:
        """The refusal's code."""


@dataclass(frozen=True)
class Outcome:
    """A run that is over. `cpu`: of the generator, in cores."""

    shape: Shape
    seed: int
    attempts: Sequence[Attempted]
    waits_s: list[float]
    late_s: list[float]
    cpu: float
    verdict: Verdict


class Door(NamedTuple):
    """One door's answers, times in milliseconds."""

    name: str
    answers: int
    statuses: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def doors(outcome: Outcome) -> list[Door]:
    """Every door in the order in which people come to it."""
    found = dict.fromkeys(attempt.door for attempt in outcome.attempts)
    rows = [_door(name, [each for each in outcome.attempts if each.door == name]) for name in found]
    rows.append(_timed("排队 line at a till", outcome.waits_s, {}))
    rows.append(_timed("迟到 late starts", outcome.late_s, {}))
    return rows


def _door(name: str, attempts: list[Attempted]) -> Door:
    words = Counter(f"{each.status or ''} {each.code}".strip() for each in attempts)
    return _timed(name, [each.took_s for each in attempts], dict(words.most_common()))


def _timed(name: str, times_s: list[float], words: dict[str, int]) -> Door:
    shown = (round(percentile(times_s, share) * 1000, 1) for share in (0.5, 0.95, 0.99, 1.0))
    return Door(name, len(times_s), words, *shown)


def as_text(outcome: Outcome) -> str:
    """Checks and doors for a terminal."""
    lines = [""]
    for check in outcome.verdict.checks:
        mark = "✓" if check.holds else "✗"
        lines.append(f"{mark} {_padded(check.title, 50)}{_padded(check.limit, 10)}{check.seen}")
    lines += ["", f"{_padded('ms', 24)}{'count':>8}{'p50':>10}{'p95':>10}{'p99':>10}{'max':>10}"]
    for door in doors(outcome):
        times = "".join(f"{each:>10,.1f}" for each in door[3:])
        words = ", ".join(f"{word} × {count:,}" for word, count in door.statuses.items())
        lines.append(f"{_padded(door.name, 24)}{door.answers:>8,}{times}  {words}")
    return "\n".join([*lines, f"发生器 generator: {outcome.cpu:.2f} cores", ""])


def write(outcome: Outcome, directory: Path) -> tuple[Path, Path]:
    """The HTML report and the JSON beside it. Returns their paths."""
    html = directory / f"{outcome.shape.name.lower()}.html"
    data = html.with_suffix(".json")
    data.write_text(json.dumps(as_data(outcome), ensure_ascii=False, indent=1), encoding="utf-8")
    html.write_text(as_html(outcome), encoding="utf-8")
    return html, data


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Everything but the single attempts; `per_second` are the plotted lines."""
    return {
        "verdict": outcome.verdict.word,
        "reasons": outcome.verdict.reasons,
        "checks": [asdict(check) for check in outcome.verdict.checks],
        "shape": asdict(outcome.shape),
        "seed": outcome.seed,
        "generator_cores": round(outcome.cpu, 3),
        "doors": [door._asdict() for door in doors(outcome)],
        "per_second": {
            title: {line.name: line.values for line in lines} for title, _, lines in curves(outcome)
        },
    }


def as_html(outcome: Outcome) -> str:
    """One self-contained page."""
    template = Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template("report.html")
    plots = [plot(title, unit, lines) for title, unit, lines in curves(outcome)]
    return template.render(outcome=outcome, verdict=outcome.verdict, doors=doors(outcome), plots=plots)


def curves(outcome: Outcome) -> list[tuple[str, str, list[Line]]]:
    """Title, unit and lines of each plot."""
    claims = [each for each in outcome.attempts if each.door == "claim"]
    redeems = [each for each in outcome.attempts if each.door == "redeem"]
    seconds = int(max((each.at_s + each.took_s for each in outcome.attempts), default=0)) + 1
    granted = [each for each in claims if 200 <= each.status < 300]
    paid = [each for each in redeems if 200 <= each.status < 300]
    rates = [
        Line("领取请求 claim attempts", _per_second(claims, seconds)),
        Line("领到 granted", _per_second(granted, seconds)),
        Line("核销 redeemed", _per_second(paid, seconds)),
    ]
    times = [
        Line(f"{name} p{round(share * 100)}", _percentiles(attempts, seconds, share))
        for name, attempts in (("领取 claim", claims), ("核销 redeem", redeems))
        for share in (0.5, 0.99)
    ]
    codes = Counter(_word(each) for each in outcome.attempts if _word(each))
    refusals = [
        Line(code, _per_second([each for each in outcome.attempts if _word(each) == code], seconds))
        for code, _ in codes.most_common(MOST_CODES)
    ]
    return [
        ("每秒 per second", "1/s", rates),
        ("用时 latency", "ms", times),
        ("拒绝 refusals by code", "1/s", refusals),
    ]


def _word(attempt: Attempted) -> str:
    if 200 <= attempt.status < 300:
        return ""
    return f"{attempt.door}: {attempt.code or attempt.status}"


def _per_second(attempts: Iterable[Attempted], seconds: int) -> list[float | None]:
    """How many were sent in each second since the opening."""
    counted = Counter(int(each.at_s) for each in attempts)
    return [float(counted[second]) for second in range(seconds)]


def _percentiles(attempts: Iterable[Attempted], seconds: int, share: float) -> list[float | None]:
    """Milliseconds, by the second in which they were sent; None where nothing was."""
    times: dict[int, list[float]] = {}
    for each in attempts:
        times.setdefault(int(each.at_s), []).append(each.took_s * 1000)
    return [
        round(percentile(times[second], share), 1) if second in times else None for second in range(seconds)
    ]


def _padded(words: str, width: int) -> str:
    """Left-justified on a terminal, where a Chinese character takes two places."""
    taken = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in words)
    return words + " " * max(1, width - taken)
