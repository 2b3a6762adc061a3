"""Facts about go and no-go: each promise broken alone says no-go, with its reason."""

from collections import Counter
from dataclasses import replace

import pytest

from loadtest.verdict import GO, INVALID, NO_GO, Facts, judge, percentile

GOOD = Facts(
    vouchers=1_000,
    tills=20,
    claimed_by_answers=1_000,
    claimed_by_api=1_000,
    claimed_by_rows=1_000,
    audit_exit=0,
    audit_says=(),
    attempts=10_000,
    busy=499,
    errors=Counter(),
    surprises=Counter(),
    unfinished=0,
    claim_p99_s=2.0,
    redeem_p99_s=1.0,
    line_p99_s=1.0,
    tills_redeemed=20,
    starts=5_000,
    late_starts=49,
)
BROKEN = {
    "one voucher too many by the answers": ({"claimed_by_answers": 1_001}, "claimed by answers: 1,001"),
    "one too few by the statistics": ({"claimed_by_api": 999}, "claimed by the statistics: 999"),
    "one too many in the rows": ({"claimed_by_rows": 1_001}, "claimed by rows: 1,001"),
    "a broken promise": ({"audit_exit": 1, "audit_says": ("✗ I1 stock",)}, "audit: ✗ I1 stock"),
    "a 500": ({"errors": Counter({"claim 500": 1})}, "errors but 503 with Retry-After: claim 500 × 1"),
    "no answer": ({"errors": Counter({"redeem no answer": 2})}, "redeem no answer × 2"),
    "one 503 in twenty": ({"busy": 500}, "503 with Retry-After: 5.00%"),
    "a refusal nobody expects": ({"surprises": Counter({"scan: code_invalid": 1})}, "scan: code_invalid × 1"),
    "a citizen who never heard the end": ({"unfinished": 1}, "without a final answer: 1"),
    "slow claims": ({"claim_p99_s": 2.001}, "claim p99: 2.001 s"),
    "slow redemptions": ({"redeem_p99_s": 1.001}, "redeem p99: 1.001 s"),
    "a line at the tills": ({"line_p99_s": 1.3}, "waiting in line at a till p99: 1.300 s"),
    "an idle till": ({"tills_redeemed": 19}, "tills that redeemed in the storm: 19 of 20"),
}


def test_everything_just_within_its_limit_is_go():
    """The limits themselves belong to the good side, or to the bad one where the goal says "under"."""
    verdict = judge(GOOD)
    assert (verdict.word, verdict.reasons, verdict.exit_code) == (GO, [], 0)


@pytest.mark.parametrize(("change", "reason"), BROKEN.values(), ids=BROKEN)
def test_one_thing_broken_is_no_go_with_its_reason(change, reason):
    """Exactly one reason, and it says what was seen."""
    verdict = judge(replace(GOOD, **change))
    assert (verdict.word, verdict.exit_code) == (NO_GO, 1)
    (given,) = verdict.reasons
    assert reason in given


def test_every_reason_is_given():
    """Not only the first one."""
    verdict = judge(replace(GOOD, busy=5_000, claimed_by_rows=1, tills_redeemed=0))
    assert len(verdict.reasons) == 3


@pytest.mark.parametrize("change", [{"late_starts": 50}, {"script_errors": ("KeyError('x')",)}])
def test_a_generator_that_fails_makes_the_run_invalid(change):
    """One late start in a hundred, or a broken script: neither go nor no-go, whatever else was seen."""
    for facts in (GOOD, replace(GOOD, claim_p99_s=9.0)):
        verdict = judge(replace(facts, **change))
        assert (verdict.word, verdict.exit_code) == (INVALID, 3)


def test_percentiles_are_values_that_occurred():
    """Nearest rank: of a hundred values one lies above the 99th percentile at most."""
    values = [float(each) for each in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (
        51.0,
        100.0,
        100.0,
    )
    assert percentile([], 0.99) == 0.0
