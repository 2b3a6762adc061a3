"""The digits of a sheet: what is one, what is not, and never a displayed code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ankang_code, paper

LENGTHS = {paper.QR_RANDOM: 40, paper.TYPED_RANDOM: 20}


@given(st.binary(min_size=32, max_size=32), st.sampled_from(sorted(LENGTHS)))
def test_what_is_written_is_read_also_in_groups(chance: bytes, random_digits: int):
    """And no other of the two kinds of code takes it for its own."""
    digits = paper.written(chance, random_digits)
    assert len(digits) == LENGTHS[random_digits] and digits.startswith("89")
    assert paper.parse(digits) == paper.parse(f" {paper.grouped(digits)} ") == digits
    assert ankang_code.parse(digits) is None


@given(st.binary(min_size=32, max_size=32), st.integers(2, 38), st.integers(1, 9))
def test_one_misread_digit_is_noticed(chance: bytes, place: int, off: int):
    """By the check digit, before anybody is asked."""
    digits = paper.written(chance, paper.QR_RANDOM)
    wrong = str((int(digits[place]) + off) % 10)
    assert paper.parse(digits[:place] + wrong + digits[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "89", "8" * 20, "89" + "1" * 30, "８９" + "1" * 18, "89" + "x" * 18])
def test_anything_else_is_no_sheet(text: str):
    """Whatever a camera reads."""
    assert paper.parse(text) is None
