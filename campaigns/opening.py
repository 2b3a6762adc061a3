"""How a campaign's openings went, second by second: claims in the first ten minutes of each batch's window.

A look reads what was claimed since `since`: a screen that follows an opening asks for the last seconds only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.instants import MINUTE_MS
from app.extensions import settings
from app.models import Batch
from campaigns.manage import batches_of, find_campaign

MINUTES = 10
# An id may be a little older than the instant at which its claim was admitted, and as much later as its writing waited.
EARLIER_MS, LATER_MS = 10_000, MINUTE_MS
_END = "~"  # behind every id
# The index of ids leads to the rows of these minutes, whatever else was ever claimed.
CLAIMED = text(
    "SELECT (v.claimed_at - :claim_from) / 1000 AS second, COUNT(*) AS claimed FROM voucher v"
    " WHERE v.id >= :first AND v.id < :last AND v.batch_id = :batch_id"
    " AND v.claimed_at >= :from_at AND v.claimed_at < :to_at GROUP BY 1 ORDER BY 1"
)


def opening(session: Session, campaign_id: str, since: int = 0) -> dict[str, Any]:
    """The seconds in which something was claimed, from the `since`th on; lotteries are drawn and have none.

    Raises Refused(CAMPAIGN_NOT_FOUND).
    """
    find_campaign(session, campaign_id)
    now = clock.database_now(session)
    found = [
        _of_batch(session, batch, since)
        for batch in batches_of(session, campaign_id)
        if batch.mode == "first_come" and batch.claim_from <= now
    ]
    return {
        "campaign_id": campaign_id,
        "minutes": MINUTES,
        "since": since,
        "batches": found,
        "is_over": all(batch["claim_from_ms"] + MINUTES * MINUTE_MS <= now for batch in found),
        "as_of": clock.iso(now),
    }


def _of_batch(session: Session, batch: Batch, since: int) -> dict[str, Any]:
    from_at, to_at = batch.claim_from + since * 1000, batch.claim_from + MINUTES * MINUTE_MS
    asked = {"batch_id": batch.id, "claim_from": batch.claim_from, "from_at": from_at, "to_at": to_at}
    found = session.execute(CLAIMED, asked | _ids_between(from_at, to_at))
    seconds = [{"second": int(row.second), "claimed": row.claimed} for row in found]
    return {
        "batch_id": batch.id,
        "name": batch.name,
        "claim_from": clock.iso(batch.claim_from),
        "claim_from_ms": batch.claim_from,
        "seconds": seconds,
    }


def _ids_between(from_at: int, to_at: int) -> dict[str, str]:
    """By the machine's time. Only the clocks of tests and seeds differ from it: there no id is too late."""
    first = max(0, from_at - max(0, clock.offset()) - EARLIER_MS)
    is_real = settings().profile == "production"
    return {
        "first": ids.earliest("vch", first),
        "last": ids.earliest("vch", to_at + LATER_MS) if is_real else f"vch_{_END}",
    }
