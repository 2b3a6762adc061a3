"""A merchant's application (商户入驻申请): its states, and who may move it where."""

from __future__ import annotations

from enum import StrEnum

from app.domain.refusals import Refusal, Refused


class State(StrEnum):
    """Stored states. What is returned may be corrected; approved and rejected are the end."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"


class Act(StrEnum):
    """What the applicant (submit) and the organizer (the rest) can do."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    REJECT = "reject"


MOVES: dict[tuple[State, Act], State] = {
    (State.SUBMITTED, Act.RETURN): State.RETURNED,
    (State.SUBMITTED, Act.APPROVE): State.APPROVED,
    (State.SUBMITTED, Act.REJECT): State.REJECTED,
    (State.RETURNED, Act.SUBMIT): State.SUBMITTED,
}


def move(state: State, act: Act) -> State:
    """The state after `act`. Raises Refused(WRONG_STATE) for anything that is not in the table."""
    if (state, act) not in MOVES:
        raise Refused(Refusal.WRONG_STATE, state=state.value, act=act.value)
    return MOVES[state, act]
