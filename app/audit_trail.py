"""The trail of privileged acts and of refused privileged attempts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock, logs, sql
from app.domain.refusals import Refusal
from app.ids import new_id
from app.models import AuditLog


def done(session: Session, actor_id: str, action: str, object_id: str, reason: str = "") -> None:
    """Record an act in the transaction of its effect."""
    session.add(_entry(actor_id, action, object_id, "done", reason))


def decided(session: Session, actor_id: str, action: str, object_id: str, refusal: Refusal) -> None:
    """Record a refused attempt in the transaction that stores its refusal."""
    session.add(_entry(actor_id, action, object_id, refusal.code, ""))


def refused(actor_id: str, action: str, object_id: str, refusal: Refusal, reason: str = "") -> None:
    """Record a refused attempt, in a transaction of its own: the attempt's was rolled back."""
    sql.write(lambda session: session.add(_entry(actor_id, action, object_id, refusal.code, reason)))


def _entry(actor_id: str, action: str, object_id: str, result: str, reason: str) -> AuditLog:
    return AuditLog(
        id=new_id("aud"),
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        object_id=object_id[:40],
        result=result,
        reason=reason,
        trace_id=logs.trace_id(),
    )
