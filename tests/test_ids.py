"""Identifiers: ULIDs, as the specification writes them, in small letters."""

from __future__ import annotations

import re
import time

import pytest

from app import ids
from app.ids import new_id


@pytest.mark.parametrize(
    ("at", "written"),
    [(0, "0000000000"), (1_469_918_176_385, "01aryz6s41"), (2**48 - 1, "7zzzzzzzzz")],
)
def test_an_instant_is_written_as_a_ulid_writes_it(at: int, written: str):
    """The first two and the largest are the specification's own."""
    assert ids._written(at) == written


def test_ids_are_as_all_others_and_sort_by_time():
    """A thousand at once are a thousand; one of a later millisecond comes behind them."""
    made = {new_id("vch") for _ in range(1_000)}
    time.sleep(0.002)
    later = new_id("vch")
    assert len(made) == 1_000 and max(made) < later
    assert all(re.fullmatch(r"vch_[0-7][0-9a-hjkmnp-tv-z]{25}", each) for each in made)


def test_every_letter_of_chance_is_as_likely_as_another():
    """Thirty-two letters in 16 places: 80 bits."""
    letters = "".join(new_id("vch")[-16:] for _ in range(4_000))
    counts = [letters.count(chr(letter)) for letter in ids.LETTERS]
    assert sum(counts) == len(letters) and min(counts) > 1_700 and max(counts) < 2_300
