"""How a batch stands to one person: one row a fact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.campaign import State
from app.domain.offer import Seen, Standing, standing

FROM, TO = 1_000, 2_000
OPEN = Seen("first_come", State.APPROVED, FROM, TO, remaining=5, limit=2)
LOTTERY = replace(OPEN, mode="lottery", remaining=0)


@pytest.mark.parametrize(
    ("seen", "now", "stands"),
    [
        (OPEN, FROM - 1, Standing.COMING),
        (OPEN, FROM, Standing.OPEN),
        (OPEN, TO - 1, Standing.OPEN),
        (OPEN, TO, Standing.ENDED),
        (replace(OPEN, remaining=0), FROM, Standing.SOLD_OUT),
        (replace(OPEN, remaining=0), TO, Standing.ENDED),
        (replace(OPEN, held=1), FROM, Standing.OPEN),
        (replace(OPEN, held=2), FROM, Standing.MINE),
        (replace(OPEN, held=2), TO, Standing.MINE),
        (replace(OPEN, campaign=State.PAUSED), FROM, Standing.PAUSED),
        (replace(OPEN, campaign=State.PAUSED), FROM - 1, Standing.PAUSED),
        (replace(OPEN, campaign=State.PAUSED), TO, Standing.ENDED),
        (replace(OPEN, campaign=State.CLOSED), FROM, Standing.ENDED),
        (replace(OPEN, campaign=State.SETTLED), FROM, Standing.ENDED),
        (replace(OPEN, mode="targeted"), FROM, Standing.NAMED),
        (replace(OPEN, mode="targeted", held=1), FROM, Standing.MINE),
        (LOTTERY, FROM, Standing.OPEN),
        (replace(LOTTERY, registration="waiting"), FROM, Standing.REGISTERED),
        (replace(LOTTERY, registration="waiting"), TO, Standing.REGISTERED),
        (replace(LOTTERY, registration="won"), TO, Standing.MINE),
        (replace(LOTTERY, registration="not_won"), TO, Standing.NOT_WON),
    ],
)
def test_a_batch_stands_so(seen: Seen, now: int, stands: Standing):
    """What a person has comes first, then the organizer, then the clock, then the stock."""
    assert standing(seen, now) is stands
