"""The privileged acts of the organizer's staff."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app import acts, audit_trail, once, sql
from app.auth import current_staff


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
    write = once.named(current_staff().id, action)
    if content:
        write = write._replace(request_hash=once.digest(write.request_hash + content))
    return acts.perform(write, object_id, work, reason)
