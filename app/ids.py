"""Identifiers: a prefix that says what it is, and a ULID that sorts by time and cannot be guessed."""

from __future__ import annotations

from ulid import ULID


def new_id(prefix: str) -> str:
    """`vch_01k…`: 26 characters of ULID (48 bits of time, 80 random) behind the prefix."""
    return f"{prefix}_{str(ULID()).lower()}"
