"""The arithmetic: ratios within each round, then their median and range; and the form of the JSON file. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Cost:
    """What one request cost in CPU µs by who spent it; answers a second and latency beside it."""

    by_server: Mapping[str, float]
    per_s: float = 0.0
    p50_us: float = 0.0
    p99_us: float = 0.0

    @property
    def total_us(self) -> float:
        """Web, Redis and database together."""
        return sum(self.by_server.values())


Round = Mapping[str, Cost]


@dataclass(frozen=True)
class Ratio:
    """`above ÷ below`, names of variants, of CPU or median latency; of several below the least of a round counts.

    With `seen` it is `seen ÷ (above ÷ below)`: how often that goes into a ratio that was seen somewhere else.
    """

    key: str
    above: str
    below: tuple[str, ...]
    is_latency: bool = False
    seen: float = 0.0

    def of(self, measured: Round) -> float | None:
        """Its value in one round; None where a side was not measured."""
        below = [self._side(measured[name]) for name in self.below if name in measured]
        if self.above not in measured or not below:
            return None
        value = self._side(measured[self.above]) / min(below)
        return self.seen / value if self.seen else value

    def _side(self, cost: Cost) -> float:
        return cost.p50_us if self.is_latency else cost.total_us


@dataclass(frozen=True)
class Subject:
    """What a benchmark is about: its ratios of costs, the goals beside them, and pairs of (planted, plain) by words."""

    name: str
    ratios: tuple[Ratio, ...]
    others: tuple[str, ...]
    plants: Mapping[str, tuple[str, str]]


HELLO = ("b1_granian", "b1_shipped")
SEEN_AT_A_CHECK_IN = 445.0
CLAIM = Subject(
    "claim",
    (
        Ratio("P1_postgresql", "claim_postgresql_64", HELLO),
        Ratio("P1_sqlite", "claim_sqlite_64", HELLO),
        Ratio("P1_postgresql_one_client", "claim_postgresql_1", HELLO),
        Ratio("P1_sqlite_one_client", "claim_sqlite_1", HELLO),
        Ratio("P2_not_yet", "not_yet", HELLO),
        Ratio("P2_sold_out", "sold_out", HELLO),
        Ratio("P2_not_yet_b0", "not_yet", ("b0",)),
        Ratio("P2_sold_out_b0", "sold_out", ("b0",)),
        Ratio("P3", "million", HELLO),
        Ratio("P4", "b3", ("claim_postgresql_64",)),
        Ratio("P8", "claim_postgresql_1", ("claim_postgresql_1_alone",), is_latency=True),
    ),
    ("P5", "P9"),
    {
        "20 µs sleep before a sold-out answer": ("sold_out_sleep", "sold_out_beside_sleep"),
        "one more round trip before a sold-out answer": ("sold_out_trip", "sold_out_beside_trip"),
        "one more round trip before a claim": ("claim_group_trip", "claim_beside_group_trip"),
    },
)
REDEEM = Subject(
    "redeem",
    (
        Ratio("P11_postgresql", "two_calls_postgresql_64", HELLO),
        Ratio("P11_sqlite", "two_calls_sqlite_64", HELLO),
        Ratio("P11_postgresql_one_client", "two_calls_postgresql_1", HELLO),
        Ratio("P11_sqlite_one_client", "two_calls_sqlite_1", HELLO),
        Ratio("P11_one_call_postgresql", "one_call_postgresql_64", HELLO),
        Ratio("P11_one_call_sqlite", "one_call_sqlite_64", HELLO),
        Ratio("P11_one_call_postgresql_one_client", "one_call_postgresql_1", HELLO),
        Ratio("P11_one_call_sqlite_one_client", "one_call_sqlite_1", HELLO),
        Ratio("P11_naive_over_ours", "b3", ("two_calls_postgresql_64",)),
        Ratio("P12_postgresql", "two_calls_postgresql_64", HELLO, seen=SEEN_AT_A_CHECK_IN),
        Ratio("P12_sqlite", "two_calls_sqlite_64", HELLO, seen=SEEN_AT_A_CHECK_IN),
        Ratio("P17_postgresql", "display_postgresql_64", HELLO),
        Ratio("P17_sqlite", "display_sqlite_64", HELLO),
        Ratio("P17_postgresql_one_client", "display_postgresql_1", HELLO),
        Ratio("P17_sqlite_one_client", "display_sqlite_1", HELLO),
    ),
    ("P13", "P17_qr"),
    {
        "20 µs sleep before an unsigned request": ("unsigned_sleep", "unsigned_beside_sleep"),
        "one more round trip before a redemption": ("redeem_group_trip", "redeem_beside_group_trip"),
    },
)


def both(first: Cost, second: Cost) -> Cost:
    """One request after the other. How long two take is not known from how long each takes, but their rate is."""
    parts = {name: first.by_server[name] + second.by_server[name] for name in first.by_server}
    return Cost(parts, 1 / (1 / first.per_s + 1 / second.per_s))


def spread(values: Sequence[float], unit: str = "ratio") -> dict[str, Any]:
    """Median, lowest, highest."""
    if not values:
        return {"value": None, "low": None, "high": None, "unit": unit, "note": NOT_MEASURED}
    rounded = [float(f"{value:.4g}") for value in (median(values), min(values), max(values))]
    return {**dict(zip(("value", "low", "high"), rounded, strict=True)), "unit": unit}


def ratios(subject: Subject, rounds: Sequence[Round]) -> dict[str, dict[str, Any]]:
    """Every ratio of costs, by goal number."""
    return {
        ratio.key: spread([value for each in rounds if (value := ratio.of(each)) is not None])
        for ratio in subject.ratios
    }


def costs(rounds: Sequence[Round]) -> dict[str, dict[str, Any]]:
    """The absolute figures behind them: medians over the rounds, CPU µs a request."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for each in rounds for name in each):
        seen = [each[name] for each in rounds if name in each]
        parts = {part: round(median(cost.by_server[part] for cost in seen), 1) for part in seen[0].by_server}
        found[name] = {
            **parts,
            "total": round(median(cost.total_us for cost in seen), 1),
            "per_s": round(median(cost.per_s for cost in seen)),
            "p50_us": round(median(cost.p50_us for cost in seen)),
            "p99_us": round(median(cost.p99_us for cost in seen)),
        }
    return found


def noticed(rounds: Sequence[Round], planted: str, plain: str) -> dict[str, Any]:
    """Whether a planted slow-down shows: dearer in every round that has both, which chance does once in 2^rounds."""
    added = [
        each[planted].total_us - each[plain].total_us for each in rounds if {planted, plain} <= set(each)
    ]
    return {**spread(added, "µs of CPU a request"), "noticed": bool(added) and min(added) > 0}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """The exponent of growth: slope of the least-squares line through log(size), log(value)."""
    if len(sizes) < 2:
        return None
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in values]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
