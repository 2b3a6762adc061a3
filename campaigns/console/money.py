"""What the pages of money share: where a list goes on, what a member of staff may do, and what ids are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.auth import MONEY, PAYMASTER, SECOND_PERSON, admits, current_staff
from app.fields import PageIn
from app.models import Campaign, Merchant, Staff
from campaigns import naming
from campaigns.console.asking import asked

PAGE = 50
ACTORS = ("opener_id", "approver_id", "author_id", "decided_by", "requester_id", "decider_id", "reviewer_id")


def cursor() -> str | None:
    """Where the list goes on; from the beginning where the address holds no cursor."""
    return asked(PageIn).get("cursor")


def may() -> dict[str, bool]:
    """Which of the buttons of money this person gets: those whose door would let them in."""
    role = current_staff().role
    of = {"handle": MONEY, "pay": PAYMASTER, "decide": SECOND_PERSON}
    return {name: admits(policy, role) for name, policy in of.items()}


def called(session: Session, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names of all staff, merchants and campaigns that these rows speak of, by id."""
    listed = list(rows)
    staff = [row.get(name) for row in listed for name in ACTORS]
    merchants, campaigns = ([row.get(name) for row in listed] for name in ("merchant_id", "campaign_id"))
    return {
        **naming.names(session, Staff, staff),
        **naming.names(session, Merchant, merchants),
        **naming.names(session, Campaign, campaigns),
    }
