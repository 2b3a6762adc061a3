"""Winners beside losers: the difference, and how sure it is."""

from __future__ import annotations

import random
from statistics import mean, variance

import pytest

from app.domain.effect import Sample, effect


def sample(spent: list[int]) -> Sample:
    """As a query sums it up."""
    return Sample(len(spent), float(sum(spent)), float(sum(fen * fen for fen in spent)))


def test_the_interval_is_that_of_two_samples():
    """By the textbook: difference of the means ± 1.96 standard errors of it."""
    winners, losers = [12_000, 0, 35_500, 18_000], [0, 0, 9_000]
    found = effect(sample(winners), sample(losers))
    half = 1.959964 * (variance(winners) / 4 + variance(losers) / 3) ** 0.5
    assert found is not None and found.difference == pytest.approx(mean(winners) - mean(losers))
    assert (found.low, found.high) == pytest.approx((found.difference - half, found.difference + half))


@pytest.mark.parametrize("few", [[], [12_000]])
def test_of_one_person_nothing_is_told(few: list[int]):
    """No spread, no interval."""
    assert effect(sample(few), sample([1, 2, 3])) is None is effect(sample([1, 2, 3]), sample(few))


def test_the_truth_lies_in_nineteen_intervals_of_twenty():
    """Two hundred lotteries in which a voucher moves 3,000 fen: about 190 intervals hold it."""
    dice, hits = random.Random(7), 0
    for _ in range(200):
        losers = [max(0, round(dice.gauss(8_000, 4_000))) for _ in range(60)]
        winners = [max(0, round(dice.gauss(8_000, 4_000))) + 3_000 for _ in range(40)]
        found = effect(sample(winners), sample(losers))
        hits += found is not None and found.low <= 3_000 <= found.high
    assert 180 <= hits <= 198
