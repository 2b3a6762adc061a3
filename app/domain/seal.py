"""Seals: hashes that hold what was before them, so that nothing sealed can change without being found (I16).

Audit entries are links of one chain. Closed intervals, of postings, of links and of events, are sealed by a second
chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

START = "0" * 64
AUDIT, FEED = "audit_log", "event"
POSTING = (
    "posting_no",
    "id",
    "posted_at",
    "kind",
    "ref",
    "debit",
    "credit",
    "amount_fen",
    "merchant_id",
    "store_id",
)
ENTRY = ("id", "at", "actor_id", "action", "object_id", "result", "reason", "trace_id")
Row = Sequence[str | int | None]


@dataclass(frozen=True)
class Interval:
    """What one seal covers: the numbers `(from_no, to_no]` of a scope, a campaign's id, `audit_log` or `event`."""

    scope: str
    from_no: int
    to_no: int


@dataclass(frozen=True)
class Link:
    """A stored link with the entry it stands for; None where no such entry is there."""

    number: int
    entry_id: str
    sha256: str
    entry: Row | None


@dataclass(frozen=True)
class Flaw:
    """Where a chain is broken: the number of the link, the entry it stands for, and how."""

    number: int
    entry_id: str
    what: str


def content(rows: Iterable[Row]) -> str:
    """SHA-256 of rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(_line(row))
    return digest.hexdigest()


def chained(previous: str, *facts: str | int | None) -> str:
    """SHA-256 of some facts behind the hash before them."""
    return hashlib.sha256(_line([previous, *facts])).hexdigest()


def flaws(links: Iterable[Link]) -> Iterator[Flaw]:
    """Every link that does not follow from the one before it and its entry: in the order of their numbers.

    What is stored counts as the link before, so that one change is one flaw, at its place.
    """
    expected, previous = 1, START
    for link in links:
        if link.number != expected:
            yield Flaw(expected, "", "link missing")
            expected, previous = link.number, ""
        if link.entry is None:
            yield Flaw(link.number, link.entry_id, "entry removed")
        elif previous and chained(previous, link.number, *link.entry) != link.sha256:
            yield Flaw(link.number, link.entry_id, "entry altered")
        expected, previous = expected + 1, link.sha256


def _line(values: Row) -> bytes:
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
