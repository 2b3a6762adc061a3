"""Identifiers: a prefix that says what it is, and a ULID that sorts by time and cannot be guessed."""

from __future__ import annotations

import os
import time
from functools import lru_cache

# Crockford's base 32, and a table in which a random byte's last five bits choose the letter.
LETTERS = b"0123456789abcdefghjkmnpqrstvwxyz"
_LETTER_OF_BYTE = LETTERS * 8


def new_id(prefix: str) -> str:
    """`vch_01k…`: 26 characters of ULID (48 bits of time, 80 random) behind the prefix."""
    chance = os.urandom(16).translate(_LETTER_OF_BYTE).decode()
    return f"{prefix}_{_written(time.time_ns() // 1_000_000)}{chance}"


@lru_cache(8)
def _written(at: int) -> str:
    """An instant (epoch ms) in ten letters: whoever is served together is named in the same few milliseconds."""
    return bytes(LETTERS[at >> bits & 31] for bits in range(45, -1, -5)).decode()


def earliest(prefix: str, at: int) -> str:
    """What sorts before every id that was made at this instant (epoch ms) or later, and behind all earlier ones."""
    return f"{prefix}_{_written(at)}"


def made_at(name: str) -> int:
    """The instant (epoch ms) at which an id was made."""
    letters = name.partition("_")[2][:10].encode()
    return sum(LETTERS.index(letter) << 5 * place for place, letter in enumerate(reversed(letters)))
