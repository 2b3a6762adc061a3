"""The rules against cash-out: each names what it should, and together they are measured on a made-up town."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import pytest

from app.domain.cash_out import Purchase, signs
from tests.domain.shady_town import rate

SEED, MERCHANTS = int(os.environ.get("SEED", "1")), int(os.environ.get("MERCHANTS", "600"))
PLAIN = Purchase("l", "s", "t", "c", 13_570, 10_000, 4 * 3_600_000)
HOUR_MS = 3_600_000


def many(count: int, **every: Any) -> list[Purchase]:
    """Purchases of different people, an hour apart, from noon on one each day."""
    return [
        replace(PLAIN, line_id=f"l{n}", citizen_id=f"c{n}", at=PLAIN.at + n * 24 * HOUR_MS, **every)
        for n in range(count)
    ]


def rules(purchases: list[Purchase]) -> list[str]:
    """Who says something."""
    return [sign.rule for sign in signs(purchases)]


def test_usual_purchases_say_nothing():
    """Also many of them, also few odd ones."""
    assert rules(many(500)) == rules([]) == []
    assert rules([*many(100), *[replace(each, order_fen=10_000) for each in many(19)]]) == []


@pytest.mark.parametrize(("above", "expected"), [(0, True), (200, True), (201, False)])
def test_orders_that_just_reach_the_threshold(above: int, expected: bool):
    """Two percent above it is still just; below it nothing could be redeemed."""
    assert ("threshold_hugging" in rules(many(20, order_fen=10_000 + above))) is expected


def test_a_share_says_nothing_of_a_few():
    """Nineteen purchases are an accident, twenty a habit."""
    assert (rules(many(19, order_fen=10_050)), rules(many(20, order_fen=10_050))) == (
        [],
        ["threshold_hugging"],
    )


def test_round_amounts_night_and_a_ring_are_named_with_their_evidence():
    """Each by its own name."""
    assert rules(many(30, order_fen=20_000)) == ["round_amounts"]
    dark = [replace(each, at=each.at - 10 * HOUR_MS) for each in many(30)]
    assert rules(dark) == ["night"] and "at 02 h" in signs(dark)[0].evidence["l0"]
    friends = [replace(each, citizen_id=f"c{n % 4}") for n, each in enumerate(many(30))]
    (sign,) = signs(friends)
    assert (sign.rule, sign.figures, sign.evidence["l0"]) == ("ring", "30 of 30", "holder came 8 times")


def test_ten_within_five_minutes_at_one_terminal_are_a_burst():
    """Nine are a rush; at two terminals they are two rushes; the eleventh, an hour later, is none of it."""
    fast = [replace(each, at=PLAIN.at + n * 33_000) for n, each in enumerate(many(10))]
    assert rules(fast) == ["burst"] and rules(fast[:9]) == []
    assert rules([replace(each, terminal_id=f"t{n % 2}") for n, each in enumerate(fast)]) == []
    later = replace(PLAIN, line_id="later", at=PLAIN.at + HOUR_MS)
    assert "later" not in signs([*fast, later])[0].evidence


def test_precision_and_recall_on_the_made_up_town():
    """At least 85 % of those held cheat, and at least 85 % of those who cheat are held; `make holds` prints both."""
    precision, recall, lines = rate(SEED, MERCHANTS)
    sys.stderr.write("\n".join(["", *lines, f"precision {precision:.1f} %, recall {recall:.1f} %\n"]))
    assert precision >= 85 and recall >= 85
