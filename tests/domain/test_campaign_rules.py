"""Campaign states, the clock's part in them, and the lint that refuses at submission what would go wrong."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.campaign import (
    MOVES,
    PUBLIC,
    Act,
    BatchRules,
    Fault,
    State,
    lint,
    lint_batch,
    lint_budget,
    move,
    shown,
)
from app.domain.instants import DAY_MS
from app.domain.refusals import Refusal, Refused

NOW = 1_795_399_200_000
GOOD = BatchRules(
    name="满100减20",
    kind="full_reduction",
    face_fen=2_000,
    threshold_fen=10_000,
    stock=50,
    person_limit=1,
    claim_from=NOW + 1_000,
    claim_to=NOW + 10 * DAY_MS,
    valid_from=None,
    valid_to=None,
    valid_days=7,
)
FIXED = replace(GOOD, valid_days=None, valid_from=GOOD.claim_from, valid_to=GOOD.claim_to)


def named(faults: list[Fault]) -> list[tuple[str, str]]:
    """Field and code of each fault."""
    return [(fault.field, fault.code) for fault in faults]


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_every_act_on_every_state_is_in_the_table_or_refused(state: State, act: Act):
    """36 pairs, 7 moves; a refusal tells where the campaign stands."""
    if (state, act) in MOVES:
        assert move(state, act) is MOVES[state, act]
        return
    with pytest.raises(Refused) as refused:
        move(state, act)
    assert refused.value.refusal is Refusal.WRONG_STATE
    assert refused.value.facts == {"state": state.value, "act": act.value}


def test_nothing_goes_public_without_submission_and_approval():
    """Every way from the draft to the public leads through both acts."""
    ways: list[tuple[State, list[Act]]] = [(State.DRAFT, [])]
    for state, way in ways:
        for (before, act), after in MOVES.items():
            if before is not state or act in way:
                continue
            if after in PUBLIC:
                assert Act.SUBMIT in way and act is Act.APPROVE
            else:
                ways.append((after, [*way, act]))
    assert len(ways) > 1


def test_an_approved_campaign_is_open_from_the_first_windows_start():
    """To the millisecond; no job has to open it."""
    windows = [(NOW + 500, NOW + 900), (NOW, NOW + 100)]
    assert shown(State.APPROVED, windows, NOW - 1) == "approved"
    assert shown(State.APPROVED, windows, NOW) == "open"
    assert shown(State.APPROVED, [], NOW) == "approved"


@pytest.mark.parametrize("state", [state for state in State if state is not State.APPROVED])
def test_the_clock_opens_nothing_that_is_not_approved(state: State):
    """A draft, a paused and a closed campaign read as what they are."""
    assert shown(state, [(NOW, NOW + 1)], NOW) == state.value


@pytest.mark.parametrize("rules", [GOOD, FIXED])
def test_a_faultless_campaign_has_no_faults(rules: BatchRules):
    """With days after the claim, and with fixed dates."""
    assert lint([rules, rules], budget_fen=2 * 50 * 2_000, now=NOW) == []


@pytest.mark.case(8)
@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (replace(GOOD, claim_to=GOOD.claim_from), ("claim_to", "end_before_start")),
        (replace(GOOD, claim_to=GOOD.claim_from - 1), ("claim_to", "end_before_start")),
        (replace(GOOD, claim_from=NOW - 1), ("claim_from", "start_in_the_past")),
        (replace(GOOD, face_fen=10_000), ("face_fen", "face_not_below_threshold")),
        (replace(GOOD, face_fen=10_001), ("face_fen", "face_not_below_threshold")),
        (replace(GOOD, valid_days=None), ("valid_to", "validity_unclear")),
        (replace(FIXED, valid_days=7), ("valid_to", "validity_unclear")),
        (replace(FIXED, valid_from=None), ("valid_to", "validity_unclear")),
        (replace(FIXED, valid_to=FIXED.claim_to - 1), ("valid_to", "expires_before_claim_ends")),
        (replace(FIXED, valid_from=FIXED.claim_to), ("valid_to", "end_before_start")),
    ],
)
def test_case_08_each_fault_is_one_entry_that_names_its_field(rules: BatchRules, fault: tuple[str, str]):
    """One mistake, one entry, with both sentences."""
    faults = lint_batch(rules, NOW)
    assert named(faults) == [fault]
    assert faults[0].zh and faults[0].en


@pytest.mark.case(8)
def test_case_08_all_faults_are_told_at_once():
    """Nobody has to submit four times to learn of four mistakes."""
    bad = replace(GOOD, claim_from=NOW - 2, claim_to=NOW - 3, face_fen=20_000)
    assert named(lint([GOOD, bad], budget_fen=999, now=NOW)) == [
        ("batches[1].claim_to", "end_before_start"),
        ("batches[1].claim_from", "start_in_the_past"),
        ("batches[1].face_fen", "face_not_below_threshold"),
        ("budget_fen", "budget_too_small"),
    ]


def test_a_campaign_without_a_batch_promises_nothing():
    """There is nothing to approve."""
    assert named(lint([], budget_fen=1, now=NOW)) == [("batches", "no_batch")]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_budget_covers_what_is_promised_or_there_is_one_fault(promised: int, budget: int):
    """Equal is enough, one fen less is not."""
    assert (lint_budget(promised, budget) == []) == (promised <= budget)


@given(st.integers(1, 365), st.integers(NOW, NOW + 400 * DAY_MS))
def test_n_days_after_the_claim_are_n_times_24_hours(days: int, claimed_at: int):
    """Valid from the claim itself, half-open at the end."""
    assert replace(GOOD, valid_days=days).validity(claimed_at) == (claimed_at, claimed_at + days * 86_400_000)


@given(st.integers(NOW, NOW + 9 * DAY_MS))
def test_fixed_validity_does_not_depend_on_the_claim(claimed_at: int):
    """Whoever claims last gets no longer."""
    assert FIXED.validity(claimed_at) == (FIXED.valid_from, FIXED.valid_to)
