"""What a run prints, the report as JSON, and the list as a table for docs/certification.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtest.certify.cases import GROUPS
from loadtest.certify.run import Result, Run

WIDTH = 100


@dataclass(frozen=True)
class Outcome:
    """Both runs, and where their books differ."""

    url: str
    client: str
    prefix: str
    runs: Sequence[Run]
    between: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether the client is certified: every case, all books, and the books of both runs alike."""
        return not self.between and all(run.holds for run in self.runs)


def line(result: Result) -> str:
    """One case."""
    word = "通过 ok    " if not result.why else "未过 FAILED"
    text = f"  {result.case.id:<4}{word} {result.seconds:5.1f} s  {result.case.zh} {result.case.en}"
    return text if not result.why else f"{text}\n        ✗ {result.why}"


def of_run(run: Run) -> str:
    """How a run ended."""
    failed = sum(bool(result.why) for result in run.results)
    words = f"{len(run.results) - failed} 通过 passed, {failed} 未过 failed; {run.requests} 请求 requests"
    lossy = f", {run.dropped} 答复丢弃 replies dropped, {run.doubled} 请求重复 requests doubled"
    lines = [f"{run.name}: {words}{lossy if run.dropped or run.doubled else ''}"]
    lines.append(f"账目 books: {len(run.rows)} 单 orders, {len(run.differences)} 处不符 differences")
    return "\n".join([*lines, *(f"  ✗ {difference}" for difference in run.differences)])


def verdict(outcome: Outcome) -> str:
    """The last word."""
    lines = [f"  ✗ {difference}" for difference in outcome.between]
    if len(outcome.runs) > 1:
        lines.insert(0, f"两次账目 books of both runs: {len(outcome.between)} 处不同 differences")
    word = "认证通过 CERTIFIED" if outcome.holds else "认证未过 NOT CERTIFIED"
    return "\n".join([*lines, f"结论 verdict: {word}"])


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All of it."""
    return {
        "certified": outcome.holds,
        "url": outcome.url,
        "client": outcome.client,
        "prefix": outcome.prefix,
        "runs": [_run(run) for run in outcome.runs],
        "between_runs": list(outcome.between),
    }


def write(outcome: Outcome, path: Path) -> None:
    """The report as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(outcome), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def table() -> str:
    """The list in Markdown."""
    rows = ["| 编号 Id | 收银机须做到 | What the till must do |", "|---|---|---|"]
    for group in GROUPS:
        rows.append(f"| **{group.letter}** | **{group.zh}** | **{group.en}** |")
        rows += [f"| {case.id} | {case.zh} | {case.en} |" for case in group.cases]
    return "\n".join(rows)


def _run(run: Run) -> dict[str, Any]:
    cases = [
        {"id": each.case.id, "ok": not each.why, "why": each.why, "seconds": round(each.seconds, 2)}
        for each in run.results
    ]
    return {
        "name": run.name,
        "cases": cases,
        "requests": run.requests,
        "dropped": run.dropped,
        "doubled": run.doubled,
        "books": {order_no: asdict(row) for order_no, row in run.rows.items()},
        "differences": run.differences,
    }
