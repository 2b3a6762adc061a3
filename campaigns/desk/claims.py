"""Claiming for a resident: the citizen's own claim, by the same gate and limits, with the agent written beside it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_trail, clock, once, sql
from app.auth import current_staff
from app.domain.refusals import Refusal, Refused
from app.domain.rule import rule_of
from app.models import Batch
from app.vouchers import terms
from app.vouchers.claim import claim
from campaigns.desk import visits

# Before the claim, so that a voucher of this key is known as the desk's whatever becomes of the reply.
NOTE = text(
    "INSERT INTO desk_claim (citizen_id, claim_key, batch_id, agent_id, at)"
    " VALUES (:citizen_id, :claim_key, :batch_id, :agent_id, :at) ON CONFLICT (citizen_id, claim_key) DO NOTHING"
)
OPEN = text(
    "SELECT b.id, b.name, c.name AS campaign_name, b.face_fen, b.threshold_fen, b.claim_to, b.person_limit,"
    f" b.stock - b.claimed AS remaining, {terms.COLUMNS},"
    " (SELECT COUNT(*) FROM voucher v WHERE v.batch_id = b.id AND v.citizen_id = :citizen_id) AS held"
    " FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE c.state = 'approved' AND NOT c.is_test"
    " AND b.mode = 'first_come' AND b.claim_from <= :at AND b.claim_to > :at AND b.claimed < b.stock"
    " ORDER BY b.claim_to, b.id LIMIT 50"
)


def claim_for(citizen_id: str, batch_id: str) -> once.Answer:
    """Claim a voucher of this batch for the resident at the desk. Raises Refused: NO_VISIT, and as any claim does."""
    agent_id = current_staff().id
    write = once.named(citizen_id, "claim")

    def note(session: Session) -> None:
        visits.require(session, citizen_id)
        if session.get(Batch, batch_id) is None:
            raise Refused(Refusal.BATCH_NOT_FOUND)
        row = {"citizen_id": citizen_id, "claim_key": write.key, "batch_id": batch_id}
        session.execute(NOTE, {**row, "agent_id": agent_id, "at": clock.now()})

    try:
        if once.find(write) is None:
            sql.write(note)
        answer = claim(citizen_id, batch_id, write)
    except Refused as refused:
        audit_trail.refused(agent_id, "desk.claim", citizen_id, refused.refusal)
        raise
    if not answer.replayed:
        voucher_id = answer.object_id or ""
        sql.write(lambda session: audit_trail.done(session, agent_id, "desk.claim", voucher_id))
    return answer


def open_batches(session: Session, citizen_id: str) -> list[dict[str, Any]]:
    """What this resident can claim now, first come first served; what is already held up to the limit is left out."""
    rows = session.execute(OPEN, {"citizen_id": citizen_id, "at": clock.now()})
    return [
        {
            "batch_id": row.id,
            "name": row.name,
            "campaign_name": row.campaign_name,
            "face_fen": row.face_fen,
            "rules": rule_of(terms.of_row(row), row.face_fen, row.threshold_fen),
            "claim_to": clock.iso(row.claim_to),
            "remaining": row.remaining,
        }
        for row in rows
        if row.held < row.person_limit
    ]
