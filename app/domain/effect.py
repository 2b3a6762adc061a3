"""What a lottery's vouchers caused: winners beside losers, who differ by nothing but the draw.

Difference of the means with the interval of two samples of unequal variance (Welch), by the normal distribution: a
lottery is large. Losers are who registered and did not win; whoever won counts, used the voucher or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
LEAST = 2  # of one person no spread is known


@dataclass(frozen=True)
class Sample:
    """How many people, Σ of what each spent (fen), Σ of its square."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Fen a person."""
        return self.total / self.count if self.count else 0.0

    @property
    def error(self) -> float:
        """Variance of the mean, fen²."""
        spread = self.squares - self.count * self.mean**2
        return max(spread, 0.0) / (self.count - 1) / self.count


@dataclass(frozen=True)
class Effect:
    """Fen a winner spent more than a loser, and the interval in which the truth lies with `CONFIDENCE`."""

    difference: float
    low: float
    high: float


def effect(winners: Sample, losers: Sample) -> Effect | None:
    """None where one side is too few to tell."""
    if min(winners.count, losers.count) < LEAST:
        return None
    difference, half = winners.mean - losers.mean, Z * sqrt(winners.error + losers.error)
    return Effect(difference, difference - half, difference + half)
