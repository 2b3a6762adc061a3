"""Go, no-go, or a run that proves nothing. Pure.

| Word | Exit code | When |
|---|---|---|
| go | 0 | every check holds |
| no-go | 1 | a check fails; each failed check is a reason |
| invalid run | 3 | the generator itself was late or broke: its figures say nothing about the platform |

Exit code 2: the run could not begin; 130: interrupted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

GO, NO_GO, INVALID = "go", "no-go", "invalid run"
EXIT_CODES = {GO: 0, NO_GO: 1, INVALID: 3}
LATE_S = 0.25
LATE_SHARE = 0.01
BUSY_SHARE = 0.05
CLAIM_P99_S = 2.0
REDEEM_P99_S = 1.0
LINE_P99_S = 1.0


@dataclass(frozen=True)
class Facts:
    """What was seen. `busy`: 503 with Retry-After; `errors`: other 5xx and attempts without an answer, by kind."""

    vouchers: int
    tills: int
    claimed_by_answers: int
    claimed_by_api: int
    claimed_by_rows: int
    audit_exit: int
    audit_says: tuple[str, ...]
    attempts: int
    busy: int
    errors: Counter[str]
    surprises: Counter[str]
    unfinished: int
    claim_p99_s: float
    redeem_p99_s: float
    line_p99_s: float
    tills_redeemed: int
    starts: int
    late_starts: int
    script_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One line of the verdict. `of_generator`: without it the run is invalid instead of no-go."""

    title: str
    limit: str
    seen: str
    holds: bool
    of_generator: bool = False

    @property
    def reason(self) -> str:
        """Why this is no go."""
        return f"{self.title}: {self.seen}（应 wanted {self.limit}）"


@dataclass(frozen=True)
class Verdict:
    """The word and the checks behind it."""

    word: str
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> list[str]:
        """Every failed check."""
        return [check.reason for check in self.checks if not check.holds]

    @property
    def exit_code(self) -> int:
        """0 go, 1 no-go, 3 invalid run."""
        return EXIT_CODES[self.word]


def judge(facts: Facts) -> Verdict:
    """Look at every fact. A generator that was late makes the run invalid, whatever else was seen."""
    checks = (*_counts(facts), *_answers(facts), *_times(facts), *_generator(facts))
    failed = [check for check in checks if not check.holds]
    if any(check.of_generator for check in failed):
        return Verdict(INVALID, checks)
    return Verdict(NO_GO if failed else GO, checks)


def _counts(facts: Facts) -> Iterator[Check]:
    claimed = (
        ("领取（回答）claimed by answers", facts.claimed_by_answers),
        ("领取（接口）claimed by the statistics", facts.claimed_by_api),
        ("领取（数据）claimed by rows", facts.claimed_by_rows),
    )
    for title, count in claimed:
        yield Check(title, f"{facts.vouchers:,}", f"{count:,}", count == facts.vouchers)
    broken = "; ".join(facts.audit_says) or f"exit {facts.audit_exit}"
    yield Check("审计 audit", "clean", "clean" if facts.audit_exit == 0 else broken, facts.audit_exit == 0)


def _answers(facts: Facts) -> Iterator[Check]:
    yield Check("错误 errors but 503 with Retry-After", "0", _counted(facts.errors), not facts.errors)
    share = facts.busy / max(facts.attempts, 1)
    yield Check("繁忙 503 with Retry-After", f"< {BUSY_SHARE:.0%}", f"{share:.2%}", share < BUSY_SHARE)
    yield Check("意外的拒绝 refusals nobody expects", "0", _counted(facts.surprises), not facts.surprises)
    yield Check("没有结果 without a final answer", "0", str(facts.unfinished), facts.unfinished == 0)
    redeemed = f"{facts.tills_redeemed} of {facts.tills}"
    enough = facts.tills_redeemed == facts.tills
    yield Check("核销的收银台 tills that redeemed in the storm", f"{facts.tills}", redeemed, enough)


def _times(facts: Facts) -> Iterator[Check]:
    times = (
        ("领取 claim p99", facts.claim_p99_s, CLAIM_P99_S),
        ("核销 redeem p99", facts.redeem_p99_s, REDEEM_P99_S),
        ("收银台排队 waiting in line at a till p99", facts.line_p99_s, LINE_P99_S),
    )
    for title, seen_s, limit_s in times:
        yield Check(title, f"≤ {limit_s:g} s", f"{seen_s:.3f} s", seen_s <= limit_s)


def _generator(facts: Facts) -> Iterator[Check]:
    share = facts.late_starts / max(facts.starts, 1)
    on_time = share < LATE_SHARE
    yield Check("发生器迟到 late starts (> 250 ms)", f"< {LATE_SHARE:.0%}", f"{share:.2%}", on_time, True)
    seen = "; ".join(facts.script_errors[:3]) or "0"
    yield Check("发生器故障 broken scripts", "0", seen, not facts.script_errors, True)


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common(6)) or "0"


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies (nearest rank); 0 when there is none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
