"""Who may hold a voucher of a batch, in three bytes a winner: a Bloom filter of one word a look."""

from __future__ import annotations

from array import array
from collections.abc import Collection

BITS_A_WINNER = 24
WORD = 64


class Winners:
    """Never says no to a winner; says yes to about one of a thousand others, who are then looked up in SQL.

    It lives and dies with its process, so Python's own hash of text serves.
    """

    def __init__(self, citizen_ids: Collection[str]) -> None:
        words = max(1, len(citizen_ids) * BITS_A_WINNER // WORD)
        self._table = array("Q", bytes(words * WORD // 8))
        for citizen_id in citizen_ids:
            place, bits = self._find(citizen_id)
            self._table[place] |= bits

    def may_hold(self, citizen_id: str) -> bool:
        """False only for who is no winner."""
        place, bits = self._find(citizen_id)
        return self._table[place] & bits == bits

    def _find(self, citizen_id: str) -> tuple[int, int]:
        """A word of the table and four bits of it."""
        mixed = hash(citizen_id)
        bits = 1 << (mixed >> 36 & 63) | 1 << (mixed >> 42 & 63) | 1 << (mixed >> 48 & 63)
        bits |= 1 << (mixed >> 54 & 63)
        return mixed % len(self._table), bits
