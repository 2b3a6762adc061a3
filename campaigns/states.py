"""What the campaign of a batch is doing."""

from __future__ import annotations

from typing import cast

from sqlalchemy import text
from sqlalchemy.orm import Session

STATE_OF = text("SELECT c.state FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE b.id = :batch_id")


def campaign_state(session: Session, batch_id: str) -> str:
    """The stored state (`app.domain.campaign.State`) of this batch's campaign, as it is committed now."""
    return cast(str, session.scalar(STATE_OF, {"batch_id": batch_id}))
