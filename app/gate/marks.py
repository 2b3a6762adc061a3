"""Who holds how many units of a batch, in nine bytes a unit instead of eighty (ADR 0013).

A mark is one integer, the person's fingerprint followed by the number of the unit. A few hundred marks share a
bucket: a set of integers, which Redis packs as a sorted array. A bucket also holds minus its epoch, so that a rebuild
need not touch any: who comes to a bucket of an older epoch empties it.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

# Redis packs a set of up to 512 integers (set-max-intset-entries); chance puts more into some buckets than into others.
UNITS_A_BUCKET = 360


class Mark(NamedTuple):
    """Which person: the fingerprint in the set, and the number that chooses the bucket."""

    fingerprint: int
    spread: int


def of(citizen_id: str) -> Mark:
    """52 bits name the person in a bucket: with the three digits of a unit they fit into the 63 of Redis' integers.

    Among ten million people, who also differ by their bucket, two are alike once in two million batches.
    """
    digest = hashlib.blake2b(citizen_id.encode(), digest_size=16).digest()
    return Mark(1 + (int.from_bytes(digest[:8]) >> 12), int.from_bytes(digest[8:]))


def buckets_for(units: int) -> int:
    """How many buckets the marks of so many units need."""
    return -(-units // UNITS_A_BUCKET) or 1
