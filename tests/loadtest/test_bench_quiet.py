"""The bench tells whether neighbours leave it the shared cache."""

from __future__ import annotations

from loadtest.bench.quiet import FAR, LINE, NEAR, _ring, crowding


def test_a_walk_comes_to_every_line_once():
    """Then it is where it began: no processor guesses the next step, and no line is left out."""
    for size in (NEAR, FAR):
        ring, stride = _ring(size), LINE // _ring(size).itemsize
        seen, place = set(), 0
        for _ in range(size // LINE):
            seen.add(place)
            place = ring[place]
        assert place == 0 and seen == set(range(0, size // ring.itemsize, stride))


def test_a_step_far_away_costs_more():
    """However quiet it is: it leaves the core's own cache."""
    assert max(crowding() for _ in range(5)) > 1
