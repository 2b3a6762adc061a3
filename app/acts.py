"""A privileged act: once under its key, in the audit trail with its effect, and also when it is refused."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app import audit_trail, once
from app.domain.refusals import Refused


def perform(
    write: once.Write, object_id: str, work: Callable[[Session], once.Answer], reason: str = ""
) -> once.Answer:
    """Do `work`; the caller of the write is the actor, its operation the action.

    `object_id` may be empty where the act creates its object.
    """

    def recorded(session: Session) -> once.Answer:
        answer = work(session)
        audit_trail.done(session, write.caller, write.operation, object_id or answer.object_id or "", reason)
        return answer

    try:
        return once.perform(write, recorded)
    except Refused as refused:
        audit_trail.refused(write.caller, write.operation, object_id, refused.refusal, reason)
        raise
