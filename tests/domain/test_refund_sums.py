"""Refunds: over any sequence of parts the sums are exact, nothing is negative, nothing above what was paid."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from app.domain.money import share_out
from app.domain.refund import Part, refund
from app.domain.refusals import Refusal, Refused

SEQUENCES = 100_000


def redeemed(subsidies: list[int], order_fen: int) -> list[Part]:
    """A fresh redemption's lines; the order is split over them by subsidy, as redeeming does."""
    shares = share_out(order_fen, subsidies)
    return [
        Part(str(place), share, fen) for place, (share, fen) in enumerate(zip(shares, subsidies, strict=True))
    ]


def after(parts: list[Part], order_fen: int, asked_fen: int) -> tuple[list[Part], int, int]:
    """The lines after a refund, what the customer and what the budget got."""
    given = refund(order_fen, parts, asked_fen)
    assert given.customer_fen >= 0 and given.subsidy_fen >= 0
    assert sum(line.refund_fen for line in given.lines) == asked_fen
    assert sum(line.subsidy_fen for line in given.lines) == given.subsidy_fen
    assert all(line.refund_fen >= 0 and line.subsidy_fen >= 0 for line in given.lines)
    left = [
        replace(
            part,
            refunded_fen=part.refunded_fen + line.refund_fen,
            returned_fen=part.returned_fen + line.subsidy_fen,
        )
        for part, line in zip(parts, given.lines, strict=True)
    ]
    assert all(
        part.refunded_fen <= part.order_share_fen and part.returned_fen <= part.subsidy_fen for part in left
    )
    return left, given.customer_fen, given.subsidy_fen


def a_redemption(chance: random.Random) -> tuple[list[Part], int]:
    """One to four vouchers on an order of at least what they pay, small and large, odd and even."""
    subsidies = [chance.randint(1, chance.choice((3, 50, 5_000))) for _ in range(chance.randint(1, 4))]
    order_fen = sum(subsidies) + chance.choice((0, chance.randint(0, 5), chance.randint(0, 200_000)))
    return redeemed(subsidies, order_fen), order_fen


@pytest.mark.case(34)
def test_case_34_a_hundred_thousand_random_sequences_are_exact_to_the_fen():
    """Whatever the parts: after each the subsidy is floor(subsidy × refunded ÷ order), at the end all has gone back."""
    chance = random.Random(34)
    for _ in range(SEQUENCES):
        parts, order_fen = a_redemption(chance)
        whole = sum(part.subsidy_fen for part in parts)
        left, customer, subsidy = order_fen, 0, 0
        while left:
            asked = left if chance.random() < 0.3 else chance.randint(1, left)
            parts, to_customer, to_budget = after(parts, order_fen, asked)
            left, customer, subsidy = left - asked, customer + to_customer, subsidy + to_budget
            assert subsidy == whole * (order_fen - left) // order_fen
            assert customer <= order_fen - whole
        assert (customer, subsidy) == (order_fen - whole, whole)
        assert all(
            (part.refunded_fen, part.returned_fen) == (part.order_share_fen, part.subsidy_fen)
            for part in parts
        )


@pytest.mark.parametrize("asked_fen", [-1, 0, 5_001])
def test_more_than_is_left_or_nothing_is_no_refund(asked_fen: int):
    """The refusal says what is left."""
    parts, _, _ = after(redeemed([2_000], 10_000), 10_000, 5_000)
    with pytest.raises(Refused) as refused:
        refund(10_000, parts, asked_fen)
    assert (refused.value.refusal, refused.value.facts) == (Refusal.REFUND_EXCEEDS, {"refundable_fen": 5_000})
