"""What keeps the feed whole, taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import sql
from app.events import delivery, wire
from tests.mutants.kinds import Cut

SKIPS_LATE_COMMITS = Cut(
    "app.events.relay", "FORGET", "id IN (SELECT id FROM {items})", "id <= (SELECT MAX(id) FROM {items})"
)


def anywhere(_address: str, _allowed: Any) -> bool:
    """Every address will do."""
    return True


def marks_first(_: Any) -> Callable[..., Any]:
    """A worker that marks an event as delivered, and dies before it sends it."""

    def send(lease: delivery.Lease, row: Any) -> Any:
        sql.write(lambda session: delivery._record(session, lease, row, wire.Reply(204)))
        raise ZeroDivisionError

    return send
