"""Fen, and how a sum is shared out to the fen."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.money import MAX_FEN, share_out, yuan

amounts = st.integers(0, MAX_FEN)
weights = st.lists(amounts, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (1240, "12.40"), (-5, "-0.05"), (-1240, "-12.40"), (MAX_FEN, "100000000.00")],
)
def test_an_amount_reads_as_yuan(fen: int, text: str):
    """Two decimals, no grouping, the sign in front."""
    assert yuan(fen) == text


@given(st.integers(-MAX_FEN, MAX_FEN))
def test_yuan_lose_no_fen(fen: int):
    """The text still holds the whole amount."""
    assert int(yuan(fen).replace(".", "")) == fen


@given(amounts, weights)
def test_shares_add_up_to_the_total(total: int, parts: list[int]):
    """To the fen, whatever the weights."""
    shares = share_out(total, parts)
    assert sum(shares) == total and len(shares) == len(parts) and min(shares) >= 0


@given(amounts, weights)
def test_every_share_is_within_one_fen_of_its_due(total: int, parts: list[int]):
    """The exact share, rounded down or up."""
    whole = sum(parts)
    assume(whole)
    for share, weight in zip(share_out(total, parts), parts, strict=True):
        assert total * weight // whole <= share <= -(-total * weight // whole)


@given(weights, st.data())
def test_no_share_exceeds_its_weight_while_the_total_does_not(parts: list[int], data: st.DataObject):
    """A refund never gives more back on a line than the line took."""
    total = data.draw(st.integers(0, sum(parts)))
    assert all(share <= part for share, part in zip(share_out(total, parts), parts, strict=True))


@given(weights)
def test_a_total_equal_to_the_weights_gives_everyone_their_weight(parts: list[int]):
    """Nothing is moved about for no reason."""
    assert share_out(sum(parts), parts) == parts


def test_equal_remainders_go_to_the_earlier_position():
    """The result does not depend on chance."""
    assert share_out(100, [1, 1, 1]) == [34, 33, 33]
    assert share_out(2, [1, 1, 1]) == [1, 1, 0]


def test_the_largest_remainder_goes_first():
    """10 fen over 1:5:2 is 1.25, 6.25 and 2.5."""
    assert share_out(10, [1, 5, 2]) == [1, 6, 3]


def test_without_any_weight_everything_is_the_first_ones():
    """No fen is lost, not even then."""
    assert share_out(7, [0, 0, 0]) == [7, 0, 0]


@pytest.mark.parametrize(("total", "parts"), [(-1, [1]), (1, [1, -1]), (1, []), (0, [])])
def test_a_senseless_split_is_refused(total: int, parts: list[int]):
    """Negative amounts and nobody to share with are the caller's mistake."""
    with pytest.raises(ValueError, match="share_out"):
        share_out(total, parts)
