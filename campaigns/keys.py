"""The keys of a terminal, as the organizer sees and revokes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import once
from app.domain.refusals import Refusal, Refused
from app.models import Terminal, TerminalKey

# No process remembers keys, so this is the end of the key in all of them.
REVOKE = text("UPDATE terminal_key SET status = 'revoked' WHERE id = :key_id")


def of_terminal(session: Session, terminal_id: str) -> list[dict[str, Any]]:
    """Every key it ever had, newest first. Raises Refused(TERMINAL_NOT_FOUND)."""
    if session.get(Terminal, terminal_id) is None:
        raise Refused(Refusal.TERMINAL_NOT_FOUND)
    wanted = select(TerminalKey).where(TerminalKey.terminal_id == terminal_id)
    rows = session.scalars(wanted.order_by(TerminalKey.created_at.desc(), TerminalKey.id))
    return [_shown(row) for row in rows]


def revoke(session: Session, key_id: str) -> once.Answer:
    """This key signs nothing any more. Raises Refused(TERMINAL_KEY_NOT_FOUND)."""
    key = session.get(TerminalKey, key_id)
    if key is None:
        raise Refused(Refusal.TERMINAL_KEY_NOT_FOUND)
    session.execute(REVOKE, {"key_id": key_id})
    session.refresh(key)
    return once.Answer(200, {"key_id": key.id, "terminal_id": key.terminal_id, "status": key.status}, key_id)


def _shown(key: TerminalKey) -> dict[str, Any]:
    return {**vars(key), "key_id": key.id}
