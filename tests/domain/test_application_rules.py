"""A merchant's application moves as its table says, and in no other way."""

from __future__ import annotations

import itertools

import pytest

from app.domain.application import MOVES, Act, State, move
from app.domain.refusals import Refusal, Refused


@pytest.mark.parametrize(("state", "act"), list(itertools.product(State, Act)))
def test_every_pair_leads_somewhere_or_is_refused_by_name(state: State, act: Act):
    """Approved and rejected are the end."""
    if (state, act) in MOVES:
        assert move(state, act) is MOVES[state, act]
        assert state in (State.SUBMITTED, State.RETURNED)
        return
    with pytest.raises(Refused) as refused:
        move(state, act)
    assert refused.value.refusal is Refusal.WRONG_STATE
    assert refused.value.facts == {"state": state.value, "act": act.value}


def test_only_what_was_returned_can_be_handed_in_again():
    """While it is being reviewed nobody changes it."""
    assert [state for state in State if (state, Act.SUBMIT) in MOVES] == [State.RETURNED]
