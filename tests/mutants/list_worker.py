"""`python -m tests.mutants.list_worker`: the shipped worker, that stops in the middle of issuing a list.

The middle is where a dead worker hurts most: some rows are committed, the next ones are written and not committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from campaigns.targets import issue
from campaigns.targets.lease import Lease
from tests.mutants.swaps import wait_in_the_middle
from workers import run

shipped_grant = issue._grant


def grant(session: Session, lease: Lease, rows: Sequence[Any]) -> None:
    """The shipped grant; once some rows of the list were issued before, the pause, inside the transaction."""
    earlier = "SELECT COUNT(*) FROM target_row WHERE list_id = :id AND result = 'issued'"
    is_middle = session.scalar(text(earlier), {"id": lease.list_id})
    shipped_grant(session, lease, rows)
    if is_middle:
        wait_in_the_middle(lambda: session.execute(text("SELECT 1")))


if __name__ == "__main__":
    issue._grant = grant
    run.work()
