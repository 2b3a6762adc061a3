"""Reading the audit trail, newest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditLog, MerchantStaff, Staff, Terminal

LATEST = 5_000
FILTERS = ("actor_id", "action", "object_id", "result")


def entries(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """A page of privileged acts and refused attempts, by staff of ours and of merchants, and by terminals.

    `asked` has `limit`, and may have `cursor`, `since` and `until` (epoch ms, half-open) and values of `FILTERS`.
    """
    actor = func.coalesce(Staff.name, MerchantStaff.name, Terminal.name, "")
    wanted = (
        select(AuditLog, actor)
        .join(Staff, Staff.id == AuditLog.actor_id, isouter=True)
        .join(MerchantStaff, MerchantStaff.id == AuditLog.actor_id, isouter=True)
        .join(Terminal, Terminal.id == AuditLog.actor_id, isouter=True)
        .where(*(getattr(AuditLog, name) == asked[name] for name in FILTERS if name in asked))
    )
    if "since" in asked:
        wanted = wanted.where(AuditLog.at >= asked["since"])
    if "until" in asked:
        wanted = wanted.where(AuditLog.at < asked["until"])
    if "cursor" in asked:
        wanted = wanted.where(AuditLog.id < asked["cursor"])
    limit = asked["limit"]
    rows = session.execute(wanted.order_by(AuditLog.id.desc()).limit(limit + 1)).all()
    items = [{**vars(entry), "entry_id": entry.id, "actor": name} for entry, name in rows[:limit]]
    return {"items": items, "next_cursor": items[-1]["entry_id"] if len(rows) > limit else None}


def words(session: Session) -> tuple[list[str], list[str]]:
    """Every act and every result that the latest entries hold, for who looks for one."""
    latest = select(AuditLog.action, AuditLog.result).order_by(AuditLog.id.desc()).limit(LATEST)
    rows = session.execute(latest).all()
    return sorted({row.action for row in rows}), sorted({row.result for row in rows})
