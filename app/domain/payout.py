"""An order to the bank, and what the bank's words do to it: a pure table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Of an attempt: `sent` and nothing heard, `unknown` to the bank so far or late; the other two are final."""

    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    PAID = "paid"


class Outcome(StrEnum):
    """What the bank says of an attempt; `unknown`: it does not know yet, and is asked again."""

    PAID = "paid"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What an answer does: moves the attempt, repeats what is known, or contradicts it and moves nothing."""

    APPLIED = "applied"
    REPEATED = "repeated"
    CONTRADICTS = "contradicts"


FINAL = frozenset({State.REFUSED, State.PAID})
# What becomes of an attempt by an answer; anything not in it contradicts.
MOVES: dict[tuple[State, Outcome], Verdict] = {
    (State.SENT, Outcome.PAID): Verdict.APPLIED,
    (State.SENT, Outcome.REFUSED): Verdict.APPLIED,
    (State.SENT, Outcome.UNKNOWN): Verdict.APPLIED,
    (State.UNKNOWN, Outcome.PAID): Verdict.APPLIED,
    (State.UNKNOWN, Outcome.REFUSED): Verdict.APPLIED,
    (State.UNKNOWN, Outcome.UNKNOWN): Verdict.REPEATED,
    (State.PAID, Outcome.PAID): Verdict.REPEATED,
    (State.REFUSED, Outcome.REFUSED): Verdict.REPEATED,
    (State.PAID, Outcome.UNKNOWN): Verdict.REPEATED,  # an old word that arrives late
    (State.REFUSED, Outcome.UNKNOWN): Verdict.REPEATED,
}


@dataclass(frozen=True)
class Answer:
    """One line of a bank's result: the key of the attempt, the outcome, and what the bank calls the payment."""

    bank_key: str
    outcome: Outcome
    amount_fen: int
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Known:
    """An attempt as it stands: its state, its amount, and the bank's reference of the final word."""

    state: State
    amount_fen: int
    reference: str | None = None


def judge(known: Known, answer: Answer) -> Verdict:
    """What this answer does to this attempt. Another amount contradicts, and so does another reference of a payment."""
    if answer.amount_fen != known.amount_fen:
        return Verdict.CONTRADICTS
    if known.state is State.PAID and answer.outcome is Outcome.PAID and answer.reference != known.reference:
        return Verdict.CONTRADICTS
    return MOVES.get((known.state, answer.outcome), Verdict.CONTRADICTS)
