"""Facts about the shapes of a load test."""

from collections import Counter

import pytest

from loadtest.shapes import LUNCH_PEAK, OPENING_RUSH, SHAPES, SOAK, visits


def test_the_opening_rush_is_a_rush():
    """5,000 citizens, 1,000 vouchers, 20 tills; four in five make their first attempt within five seconds."""
    assert (OPENING_RUSH.citizens, OPENING_RUSH.vouchers, OPENING_RUSH.tills) == (5_000, 1_000, 20)
    early = [visit for visit in visits(OPENING_RUSH, seed=1) if visit.due_s <= 5]
    assert len(early) == 4_000


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_arrivals_are_drawn_beforehand(shape):
    """The same seed, the same day; another seed, another one; always within the stages."""
    planned = visits(shape, seed=7)
    assert planned == visits(shape, seed=7) != visits(shape, seed=8)
    assert len(planned) == shape.citizens
    assert [visit.due_s for visit in planned] == sorted(visit.due_s for visit in planned)
    assert planned[0].due_s >= 0 and planned[-1].due_s <= shape.seconds
    began = 0.0
    for stage in shape.stages:
        inside = [visit for visit in planned if began <= visit.due_s < began + stage.seconds]
        assert len(inside) == stage.arrivals
        began += stage.seconds


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_till_has_customers_among_the_first(shape):
    """Whoever wins comes early, so the first arrivals must be spread over all tills."""
    first = Counter(visit.till for visit in visits(shape, seed=1)[: shape.vouchers])
    assert len(first) == shape.tills


def test_all_vouchers_can_be_claimed():
    """Exactly the stock is expected to go: there are more citizens than vouchers."""
    assert all(shape.citizens > shape.vouchers for shape in (OPENING_RUSH, LUNCH_PEAK, SOAK))


def test_a_smaller_crowd_keeps_the_proportions():
    """A tenth of the people, of the vouchers and of the tills; the times stay."""
    small = OPENING_RUSH.scaled(500)
    assert (small.citizens, small.vouchers, small.tills) == (500, 100, 2)
    assert (small.seconds, small.walk_s) == (OPENING_RUSH.seconds, OPENING_RUSH.walk_s)
    assert [stage.arrivals for stage in small.stages] == [400, 100]


def test_a_crowd_of_two_is_none():
    """No vouchers would be left."""
    with pytest.raises(ValueError, match="take more"):
        OPENING_RUSH.scaled(2)
