"""How long a worker may hold what it works on before the next one takes over."""

from __future__ import annotations

from app.extensions import settings


class LeaseLost(Exception):
    """Another worker took over, or the work was called off: this one stops, and its transaction never was."""


def until(now: int) -> int:
    """The end of a lease taken or kept at this instant (epoch ms)."""
    return now + settings().lease_seconds * 1000
