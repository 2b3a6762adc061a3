"""What keeps the feed whole, taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from typing import Any

from app import sql
from app.events import delivery, wire
from app.events.notices.channels import Folder, Message
from tests.mutants.kinds import Cut

SKIPS_LATE_COMMITS = Cut(
    "app.events.relay", "FORGET", "id IN (SELECT id FROM {items})", "id <= (SELECT MAX(id) FROM {items})"
)
UNFENCED_SENDER = Cut("app.events.notices.sending", "HOLD", " AND lease_epoch = :epoch")


def keyless(original: Callable[[Folder, Message], None]) -> Callable[[Folder, Message], None]:
    """A folder that gives each file a name of its own."""
    return lambda folder, message: original(folder, replace(message, key=f"ntc_{token_hex(8)}"))


def anywhere(_address: str, _allowed: Any) -> bool:
    """Every address will do."""
    return True


def marks_first(_: Any) -> Callable[..., Any]:
    """A worker that marks an event as delivered, and dies before it sends it."""

    def send(lease: delivery.Lease, row: Any) -> Any:
        sql.write(lambda session: delivery._record(session, lease, row, wire.Reply(204)))
        raise ZeroDivisionError

    return send
