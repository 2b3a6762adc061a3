"""What an id is called: people want to read who it was, and which merchant, not `stf_…`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Campaign, Merchant, Staff

MOST = 100
MOST_MERCHANTS = 1_000
Named = type[Staff] | type[Merchant] | type[Campaign]


def names(session: Session, of: Named, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of these members of staff, merchants or campaigns, by id."""
    wanted = {each for each in ids if each}
    found = session.execute(select(of.id, of.name).where(of.id.in_(wanted))).all() if wanted else []
    return {str(row.id): str(row.name) for row in found}


def latest_campaigns(session: Session) -> list[dict[str, Any]]:
    """The latest hundred campaigns that deal with money, newest first, to choose one of."""
    wanted = (
        select(Campaign)
        .where(Campaign.approver_id.is_not(None), Campaign.is_test.is_(False))
        .order_by(Campaign.id.desc())
        .limit(MOST)
    )
    return [
        {"campaign_id": each.id, "name": each.name, "state": each.state} for each in session.scalars(wanted)
    ]


def merchants(session: Session) -> list[tuple[str, str]]:
    """The first thousand merchants by name, id and name, to choose one of."""
    wanted = select(Merchant.id, Merchant.name).order_by(Merchant.name, Merchant.id).limit(MOST_MERCHANTS)
    return [(row.id, row.name) for row in session.execute(wanted)]
