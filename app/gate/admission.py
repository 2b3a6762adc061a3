"""The gate of a batch: ask for units, confirm them after COMMIT, give back what SQL refused the person.

Each person has to do with one shard (`shards.py`); one that is dry gets units of the others, until none has any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import redis

from app import clock
from app.gate import keys, marks, scripts, shards

MOST_SHARDS = 10_000
# How many buckets the marks of a shard have, as far as this process was told; the gate corrects what is old.
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


Word = Admission | redis.RedisError


def ask(batch_id: str, claimants: Sequence[Claimant]) -> list[Word]:
    """Take one unit for each of these claims, in this order; the same pending claim gets the same unit.

    One script a shard. The claims of a shard that cannot be asked get the error as their word, and no others.
    """
    tags = shards.tags(batch_id)
    words: dict[int, Word] = {}
    for tag, places in shards.at_home(tags, (each.citizen_id for each in claimants)).items():
        words |= zip(places, _words_of(tag, tags, [claimants[place] for place in places]), strict=True)
    return [words[place] for place in range(len(claimants))]


def _words_of(tag: str, tags: Sequence[str], claimants: Sequence[Claimant]) -> list[Word]:
    """Whoever comes to a dry shard gets what the others have."""
    words: list[Word] = []
    try:
        words += _take(tag, claimants)
        while dry := _sold_out(words):
            epoch = words[dry[0]].epoch  # type: ignore[union-attr]
            if not shards.steal(tag, tags, epoch, len(dry)):
                break
            for place, word in zip(dry, _take(tag, [claimants[place] for place in dry]), strict=True):
                words[place] = word
    except redis.RedisError as error:
        words = words or [error] * len(claimants)
        for place in _sold_out(words):
            words[place] = error
    return words


def _sold_out(words: Sequence[Word]) -> list[int]:
    return [
        place
        for place, word in enumerate(words)
        if isinstance(word, Admission) and word.verdict is Verdict.SOLD_OUT
    ]


def _take(tag: str, claimants: Sequence[Claimant]) -> list[Admission]:
    people = [marks.of(each.citizen_id) for each in claimants]
    pairs: list[str | int] = []
    for each, mark in zip(claimants, people, strict=True):
        pairs += (each.note, mark.fingerprint)

    def claim(buckets: int) -> list[Any]:
        names, head = _names(tag, people, buckets), [clock.offset(), buckets]
        reply: list[Any] = scripts.run("claim", names, head + pairs)
        return reply

    epoch, at, claim_from, *words = _knowing_buckets(tag, claim)
    return [_admission(word, int(epoch), int(at), int(claim_from)) for word in words]


def _admission(word: str, epoch: int, at: int, claim_from: int) -> Admission:
    verdict, _, noted_at = word.partition("|")
    return Admission(Verdict(verdict), epoch, int(noted_at or at), claim_from)


def confirm(batch_id: str, epoch: int, claimants: Sequence[Claimant]) -> None:
    """These claims are committed: their notes go. When Redis is away the next rebuild clears them."""
    homes = shards.at_home(shards.tags(batch_id), (each.citizen_id for each in claimants))
    for tag, places in homes.items():
        with suppress(redis.RedisError):
            notes = [claimants[place].note for place in places]
            scripts.run("confirm", [keys.pending(tag)], [epoch, *notes])


def give_back(batch_id: str, epoch: int, claimant: Claimant) -> None:
    """SQL refused the person: the unit goes back. When Redis is away the next rebuild counts it again."""
    tag, mark = shards.home(shards.tags(batch_id), claimant.citizen_id), marks.of(claimant.citizen_id)

    def go_back(buckets: int) -> list[Any]:
        words: list[str | int] = [claimant.note, epoch, mark.fingerprint, buckets]
        reply: list[Any] = scripts.run("give_back", _names(tag, [mark], buckets), words)
        return reply

    with suppress(redis.RedisError):
        _knowing_buckets(tag, go_back)


def _knowing_buckets(tag: str, act: Callable[[int], list[Any]]) -> list[Any]:
    """The reply to an act that needs the number of buckets: tried with what we know, then with what the gate says."""
    for _ in range(3):  # a rebuild may come between
        known = _buckets.get(tag, 0)
        told, *reply = act(known)
        if int(told) not in (0, known):
            _remember(tag, int(told))
        if reply:
            return reply
    raise redis.RedisError("the gate was rebuilt again and again")


def _remember(tag: str, buckets: int) -> None:
    if len(_buckets) >= MOST_SHARDS:
        _buckets.clear()
    _buckets[tag] = buckets


def _names(tag: str, people: Sequence[marks.Mark], buckets: int) -> list[str]:
    """The keys of an act; a person's bucket stands where the person stands. Without buckets there are none to name."""
    held = [keys.held(tag, mark.spread % buckets) for mark in people] if buckets else []
    return [keys.gate(tag), keys.pending(tag), *held]
