"""A privileged act: once under its key, in the audit trail with its effect, and also when it is refused."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app import audit_trail, once, sql
from app.auth import current_staff
from app.domain.refusals import Refused


def looked(action: str, object_id: str) -> None:
    """A look at what is sealed is a privileged act, too."""
    actor = current_staff().id
    sql.write(lambda session: audit_trail.done(session, actor, action, object_id))


def perform(
    action: str,
    object_id: str,
    work: Callable[[Session], once.Answer],
    reason: str = "",
    content: str = "",
) -> once.Answer:
    """Do `work` for the member of staff who asks. `object_id` may be empty where the act creates its object.

    `content` is a keyed hash of a body that is no JSON: what makes the write the same write under its key.
    """
    actor = current_staff().id

    def recorded(session: Session) -> once.Answer:
        answer = work(session)
        audit_trail.done(session, actor, action, object_id or answer.object_id or "", reason)
        return answer

    try:
        write = once.named(actor, action)
        if content:
            write = write._replace(request_hash=once.digest(write.request_hash + content))
        return once.perform(write, recorded)
    except Refused as refused:
        audit_trail.refused(actor, action, object_id, refused.refusal, reason)
        raise
