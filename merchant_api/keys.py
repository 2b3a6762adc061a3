"""A terminal rotates its own key: the fresh one signs at once, the older ones for a few hours more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_trail, clock, once
from app.ankang.scan import Till
from app.domain.instants import HOUR_MS
from app.extensions import settings
from app.models import TerminalKey
from app.terminal_keys import new_key_id

# A key that ends sooner still does.
LET_RUN_OUT = text(
    "UPDATE terminal_key SET expires_at = :ends_at WHERE terminal_id = :terminal_id AND status = 'active'"
    " AND (expires_at IS NULL OR expires_at > :ends_at)"
)
RUNNING_OUT = text(
    "SELECT id, expires_at FROM terminal_key WHERE terminal_id = :terminal_id AND status = 'active'"
    " AND expires_at > :at ORDER BY id"
)


def rotate(till: Till, write: once.Write) -> once.Answer:
    """A fresh key of this terminal. The stored answer names it; its secret is derived, never stored."""
    return once.perform(write, lambda session: _rotate(session, till))


def _rotate(session: Session, till: Till) -> once.Answer:
    at = clock.now()
    ends_at = at + settings().key_overlap_hours * HOUR_MS
    session.execute(LET_RUN_OUT, {"terminal_id": till.terminal_id, "ends_at": ends_at})
    older = session.execute(RUNNING_OUT, {"terminal_id": till.terminal_id, "at": at}).all()
    key_id = new_key_id(till.is_test)
    session.add(TerminalKey(id=key_id, terminal_id=till.terminal_id, status="active", created_at=at))
    audit_trail.done(session, till.terminal_id, "key.rotate", key_id)
    return once.Answer(201, _shown(till, key_id, older), key_id)


def _shown(till: Till, key_id: str, older: Any) -> dict[str, Any]:
    return {
        "key_id": key_id,
        "terminal_id": till.terminal_id,
        "older": [{"key_id": row.id, "expires_at": clock.iso(row.expires_at)} for row in older],
    }
