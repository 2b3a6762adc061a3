"""The gate of a batch: ask for units, confirm them after COMMIT, give back what SQL refused the person."""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True)
class Claimant:
    """Who claims, under which key."""

    citizen_id: str
    claim_key: str

    @property
    def note(self) -> str:
        """The name of this claim's pending note."""
        return f"{self.citizen_id}/{self.claim_key}"


def ask(batch_id: str, claimants: Sequence[Claimant]) -> list[Admission]:
    """Take one unit for each of these claims, in this order; the same pending claim gets the same unit.

    One script for all. Raises redis.RedisError.
    """
    pairs = [word for each in claimants for word in (each.note, each.citizen_id)]
    epoch, at, claim_from, *words = scripts.run("claim", _all(batch_id), [clock.offset(), *pairs])
    return [_admission(word, int(epoch), int(at), int(claim_from)) for word in words]


def _admission(word: str, epoch: int, at: int, claim_from: int) -> Admission:
    verdict, _, noted_at = word.partition("|")
    return Admission(Verdict(verdict), epoch, int(noted_at or at), claim_from)


def confirm(batch_id: str, epoch: int, claimants: Sequence[Claimant]) -> None:
    """These claims are committed: their notes go. When Redis is away the next rebuild clears them."""
    try:
        scripts.run("confirm", [keys.pending(batch_id)], [epoch, *(each.note for each in claimants)])
    except redis.RedisError:
        return


def give_back(batch_id: str, epoch: int, claimant: Claimant) -> None:
    """SQL refused the person: the unit goes back. When Redis is away the next rebuild counts it again."""
    try:
        scripts.run("give_back", _all(batch_id), [claimant.note, epoch, claimant.citizen_id])
    except redis.RedisError:
        return


def _all(batch_id: str) -> list[str]:
    return [keys.gate(batch_id), keys.pending(batch_id), keys.held(batch_id)]
