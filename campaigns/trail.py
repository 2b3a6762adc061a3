"""Reading the audit trail, newest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditLog, MerchantStaff, Staff, Terminal


def entries(session: Session, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of privileged acts and refused attempts, by staff of ours and of merchants, and by terminals."""
    actor = func.coalesce(Staff.name, MerchantStaff.name, Terminal.name, "")
    wanted = (
        select(AuditLog, actor)
        .join(Staff, Staff.id == AuditLog.actor_id, isouter=True)
        .join(MerchantStaff, MerchantStaff.id == AuditLog.actor_id, isouter=True)
        .join(Terminal, Terminal.id == AuditLog.actor_id, isouter=True)
    )
    if cursor:
        wanted = wanted.where(AuditLog.id < cursor)
    rows = session.execute(wanted.order_by(AuditLog.id.desc()).limit(limit + 1)).all()
    items = [{**vars(entry), "entry_id": entry.id, "actor": name} for entry, name in rows[:limit]]
    return {"items": items, "next_cursor": items[-1]["entry_id"] if len(rows) > limit else None}
