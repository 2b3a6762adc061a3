"""The gate of a batch: ask for units, confirm them after COMMIT, give back what SQL refused the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import redis

from app import clock
from app.gate import keys, marks, scripts

MOST_BATCHES = 10_000
# How many buckets the marks of a batch have, as far as this process was told; the gate corrects what is old.
_buckets: dict[str, int] = {}


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
    people = [marks.of(each.citizen_id) for each in claimants]
    pairs: list[str | int] = []
    for each, mark in zip(claimants, people, strict=True):
        pairs += (each.note, mark.fingerprint)

    def claim(buckets: int) -> list[Any]:
        names, head = _names(batch_id, people, buckets), [clock.offset(), buckets]
        reply: list[Any] = scripts.run("claim", names, head + pairs)
        return reply

    epoch, at, claim_from, *words = _knowing_buckets(batch_id, claim)
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
    mark = marks.of(claimant.citizen_id)

    def go_back(buckets: int) -> list[Any]:
        words: list[str | int] = [claimant.note, epoch, mark.fingerprint, buckets]
        reply: list[Any] = scripts.run("give_back", _names(batch_id, [mark], buckets), words)
        return reply

    try:
        _knowing_buckets(batch_id, go_back)
    except redis.RedisError:
        return


def _knowing_buckets(batch_id: str, act: Callable[[int], list[Any]]) -> list[Any]:
    """The reply to an act that needs the number of buckets: tried with what we know, then with what the gate says."""
    for _ in range(3):  # a rebuild may come between
        known = _buckets.get(batch_id, 0)
        told, *reply = act(known)
        if int(told) not in (0, known):
            _remember(batch_id, int(told))
        if reply:
            return reply
    raise redis.RedisError("the gate was rebuilt again and again")


def _remember(batch_id: str, buckets: int) -> None:
    if len(_buckets) >= MOST_BATCHES:
        _buckets.clear()
    _buckets[batch_id] = buckets


def _names(batch_id: str, people: Sequence[marks.Mark], buckets: int) -> list[str]:
    """The keys of an act; a person's bucket stands where the person stands. Without buckets there are none to name."""
    held = [keys.held(batch_id, mark.spread % buckets) for mark in people] if buckets else []
    return [keys.gate(batch_id), keys.pending(batch_id), *held]
