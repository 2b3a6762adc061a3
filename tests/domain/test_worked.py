"""The examples beside the editor are the sums of a quote."""

from __future__ import annotations

import pytest

from app.domain.refusals import Refusal
from app.domain.terms import Kind, Terms
from app.domain.worked import telling_orders, worked

CASH = Terms(Kind.CASH)
PERCENT = Terms(Kind.PERCENT, off_bp=2_000)


def test_a_full_reduction_begins_at_its_threshold():
    """A yuan short is told with what is short; the face comes off whatever is above."""
    assert telling_orders(Terms(), 2_000, 10_000) == [9_900, 10_000, 20_000]
    short, enough, twice = (worked(Terms(), 2_000, 10_000, fen) for fen in (9_900, 10_000, 20_000))
    assert (short.reason, short.shortfall_fen, short.pays_fen) == (Refusal.THRESHOLD_NOT_MET, 100, 9_900)
    assert (enough.off_fen, enough.pays_fen, twice.pays_fen) == (2_000, 8_000, 18_000)


def test_a_percentage_ends_at_its_cap():
    """20 % of 250 yuan are 50; of 500 still 50."""
    assert telling_orders(PERCENT, 5_000, 0) == [2_500, 25_000, 50_000]
    assert [worked(PERCENT, 5_000, 0, fen).off_fen for fen in (2_500, 25_000, 50_000)] == [500, 5_000, 5_000]


def test_cash_pays_no_more_than_the_order():
    """What is left of its face is forfeited."""
    assert telling_orders(CASH, 3_000, 0) == [1_500, 3_000, 6_000]
    assert [worked(CASH, 3_000, 0, fen).pays_fen for fen in (1_500, 3_000, 6_000)] == [0, 0, 3_000]


@pytest.mark.parametrize(
    "limit",
    [
        {"goods_in": ("fuel",)},
        {"goods_out": ("tobacco",)},
        {"weekdays": (6,), "hours": ((600, 660),)},
        {"areas": ("菱湖街道",), "categories": ("餐饮",)},
        {"merchants": 3},
    ],
)
def test_an_example_is_bought_where_and_when_the_voucher_is_good(limit):
    """Its limits are said in the sentence; the sums are those of an order that meets them."""
    assert worked(Terms(**limit), 2_000, 10_000, 10_000).off_fen == 2_000
