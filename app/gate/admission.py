"""The gate of a batch: ask for a unit, confirm it after COMMIT, give it back when SQL refused the person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import redis

from app import clock
from app.gate import keys, scripts


class Verdict(StrEnum):
    """What `claim.lua` says."""

    ADMITTED = "ADMITTED"
    AGAIN = "AGAIN"  # the same claim is pending: the same unit
    CLOSED = "CLOSED"
    PAUSED = "PAUSED"
    NOT_STARTED = "NOT_STARTED"
    ENDED = "ENDED"
    PERSON_LIMIT = "PERSON_LIMIT"
    SOLD_OUT = "SOLD_OUT"


@dataclass(frozen=True)
class Admission:
    """The gate's word. `at` is Redis time in epoch ms: the one instant by which the claim window is judged."""

    verdict: Verdict
    epoch: int
    at: int
    claim_from: int


def ask(batch_id: str, citizen_id: str, claim_key: str) -> Admission:
    """Take one unit for this claim; the same pending claim gets the same unit. Raises redis.RedisError."""
    reply = scripts.run("claim", _all(batch_id), [_note(citizen_id, claim_key), citizen_id, clock.offset()])
    verdict, epoch, at, claim_from = reply
    return Admission(Verdict(verdict), int(epoch), int(at), int(claim_from))


def confirm(batch_id: str, citizen_id: str, claim_key: str, epoch: int) -> None:
    """The claim is committed: its pending note goes. When Redis is away the note is cleared by the next rebuild."""
    try:
        scripts.run("confirm", [keys.pending(batch_id)], [_note(citizen_id, claim_key), epoch])
    except redis.RedisError:
        return


def give_back(batch_id: str, citizen_id: str, claim_key: str, epoch: int) -> None:
    """SQL refused the person: the unit goes back. When Redis is away the next rebuild counts it again."""
    try:
        scripts.run("give_back", _all(batch_id), [_note(citizen_id, claim_key), epoch, citizen_id])
    except redis.RedisError:
        return


def _all(batch_id: str) -> list[str]:
    return [keys.gate(batch_id), keys.pending(batch_id), keys.held(batch_id)]


def _note(citizen_id: str, claim_key: str) -> str:
    return f"{citizen_id}/{claim_key}"
