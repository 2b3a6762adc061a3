"""`python -m tests.mutants.worker`: the shipped worker, that stops in the middle of a settlement.

The middle is where a dead worker hurts most: the lease is committed, the lines are not written. It goes on when told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import sql
from tests.mutants.swaps import wait_in_the_middle
from workers import run

shipped_write = sql.write


def write(work: Callable[..., Any]) -> Any:
    """The shipped write; after the one that took a lease, the pause."""
    result = shipped_write(work)
    if isinstance(result, dict) and "lease_epoch" in result:
        wait_in_the_middle()
    return result


if __name__ == "__main__":
    sql.write = write
    run.work()
