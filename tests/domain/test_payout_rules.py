"""What the bank's words do to an attempt, what is due, and which redemptions are looked at."""

from __future__ import annotations

import pytest

from app.domain.payout import FINAL, MOVES, Answer, Known, Outcome, State, Verdict, judge
from app.domain.settlement import MerchantLine, due, fingerprint, sample


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_final_word_is_never_moved(state: State, outcome: Outcome):
    """Whatever is said of it; what is not final is moved by every word but the one that is known."""
    verdict = judge(Known(state, 100, "B-1"), Answer("K", outcome, 100, "B-1"))
    assert (verdict is Verdict.APPLIED) == (state not in FINAL and state.value != outcome.value)
    assert (verdict is Verdict.CONTRADICTS) == ((state, outcome) not in MOVES)


def test_another_amount_or_reference_contradicts():
    """Also before the final word, for the amount."""
    assert judge(Known(State.SENT, 100), Answer("K", Outcome.PAID, 99, "B-1")) is Verdict.CONTRADICTS
    assert judge(Known(State.PAID, 100, "B-1"), Answer("K", Outcome.PAID, 100, "B-2")) is Verdict.CONTRADICTS


@pytest.mark.parametrize(
    ("earned", "covered", "payable", "expected"),
    [
        (100, 0, 100, 100),
        (100, 40, 60, 60),
        (100, 0, 30, 30),
        (-20, 0, -20, 0),
        (100, 120, 50, 0),
        (100, 0, -5, 0),
    ],
)
def test_what_is_due_is_earned_not_covered_and_owed(earned: int, covered: int, payable: int, expected: int):
    """Never below zero."""
    assert due(earned, covered, payable) == expected


def test_a_sample_is_drawn_by_the_hash_and_rounded_up():
    """The same for everybody who draws it, whatever the order; another hash draws others."""
    ids = [f"l{n}" for n in range(50)]
    drawn = sample(ids, 15, "a")
    assert drawn == sample(reversed(ids), 15, "a") and len(drawn) == 8
    assert set(drawn) != set(sample(ids, 15, "b"))
    assert (sample(ids, 0, "a"), len(sample(ids[:1], 1, "a")), len(sample(ids, 100, "a"))) == ([], 1, 50)


def test_lines_without_holds_keep_the_hash_they_had():
    """Batches that were frozen before there were holds still have theirs."""
    plain = MerchantLine("mer_1", 2, 1, 4_000, 2_000)
    frozen = "da81d7a163a909635d6d85f2b95dcc05c5616f96ef06d48901844d0a36e1d79a"
    assert fingerprint("cmp_1", 0, 3, [plain]) == frozen
    held = MerchantLine("mer_1", 2, 1, 4_000, 2_000, held_fen=1)
    assert fingerprint("cmp_1", 0, 3, [held]) != fingerprint("cmp_1", 0, 3, [plain])
