"""Every batch as it stands to one citizen: the public list, and what this person has of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, text

from app import clock, sql
from app.citizen import reads
from app.domain.campaign import State
from app.domain.offer import Seen, Standing, standing
from app.domain.refusals import Refusal, Refused
from app.models import Batch
from app.vouchers.lottery import DRAWN

HELD = text("SELECT batch_id, COUNT(*) AS held FROM voucher WHERE citizen_id = :citizen_id GROUP BY batch_id")
REGISTERED = text(
    "SELECT r.batch_id, r.number, r.rank, r.voucher_id, r.refusal, l.state FROM registration r"
    " JOIN lottery l ON l.batch_id = r.batch_id WHERE r.citizen_id = :citizen_id AND r.batch_id IN :batch_ids"
).bindparams(bindparam("batch_ids", expanding=True))
ORDER = list(Standing)
"""What one can do now stands on top, what is over at the end."""


def offers(citizen_id: str) -> list[dict[str, Any]]:
    """All batches of the public campaigns for this citizen, what one can do now first, then by the window's start."""
    found = _stood(citizen_id, reads.public_campaigns())
    return sorted(found, key=lambda each: (ORDER.index(each["standing"]), each["claim_from"]))


def offer(citizen_id: str, batch_id: str) -> dict[str, Any]:
    """One batch for this citizen. Raises Refused(BATCH_NOT_FOUND)."""
    with sql.reading() as session:
        batch = session.get(Batch, batch_id)
    campaigns = reads.public_campaigns(batch.campaign_id) if batch else []
    for each in _stood(citizen_id, campaigns):
        if each["batch_id"] == batch_id:
            return each
    raise Refused(Refusal.BATCH_NOT_FOUND)


def _stood(citizen_id: str, campaigns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lotteries = [b["batch_id"] for each in campaigns for b in each["batches"] if b["mode"] == "lottery"]
    with sql.reading() as session:
        held = {
            row.batch_id: int(row.held) for row in session.execute(HELD, {"citizen_id": citizen_id}).all()
        }
        asked = {"citizen_id": citizen_id, "batch_ids": lotteries}
        found = session.execute(REGISTERED, asked).all() if lotteries else []
    registered = {row.batch_id: _registration(row) for row in found}
    now = clock.now()
    return [
        {
            **_of_batch(batch, campaign, held.get(batch["batch_id"], 0), now, registered),
            "campaign_id": campaign["campaign_id"],
            "campaign_name": campaign["name"],
        }
        for campaign in campaigns
        for batch in campaign["batches"]
    ]


def _of_batch(
    batch: dict[str, Any],
    campaign: Mapping[str, Any],
    held: int,
    now: int,
    registered: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    mine = registered.get(batch["batch_id"])
    seen = Seen(
        mode=batch["mode"],
        campaign=State(campaign["stored_state"]),
        claim_from=batch["claim_from"],
        claim_to=batch["claim_to"],
        remaining=batch["remaining"],
        limit=batch["person_limit"],
        held=held,
        registration=mine["status"] if mine else None,
    )
    return {
        **batch,
        "held": held,
        "standing": Standing(standing(seen, now)),
        "registration": mine,
    }


def _registration(row: Row[Any]) -> dict[str, Any]:
    status = "waiting" if row.state not in DRAWN else "not_won" if row.rank is None else "won"
    return {
        "number": str(row.number),
        "rank": row.rank,
        "status": status,
        "voucher_id": row.voucher_id,
        "refusal": row.refusal,
    }
