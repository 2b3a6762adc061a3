"""The privileged acts of a merchant's staff."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app import acts, once
from app.auth import current_merchant_staff


def perform(
    action: str, object_id: str, work: Callable[[Session], once.Answer], reason: str = ""
) -> once.Answer:
    """Do `work` for the member of a merchant's staff who asks; bodies may hold a password or an account."""
    write = once.discreet(once.named(current_merchant_staff().id, action))
    return acts.perform(write, object_id, work, reason)
