"""What a promise of the audit is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One promise: its number, what it says, and the query for offending rows."""

    number: str
    promise: str
    query: str
