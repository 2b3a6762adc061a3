"""A merchant's appeal against a case that holds its money."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain.refusals import Refusal, Refused
from app.merchants import hold_views as views
from app.models import HoldCase, MerchantStaff

APPEAL = text(
    "UPDATE hold_case SET state = 'appealed', appeal = :words, appealed_by = :actor_id, appealed_at = :at"
    " WHERE id = :id AND state = 'open'"
)


def appeal(session: Session, case_id: str, member: MerchantStaff, words: str) -> once.Answer:
    """Said once. Raises Refused: HOLD_CASE_NOT_FOUND (also another merchant's) or WRONG_STATE."""
    found = session.get(HoldCase, case_id)
    if found is None or found.merchant_id != member.merchant_id:
        raise Refused(Refusal.HOLD_CASE_NOT_FOUND)
    said = {"id": case_id, "words": words, "actor_id": member.id, "at": clock.now()}
    if not sql.changed_one(session, APPEAL, said):
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    session.refresh(found)
    return once.Answer(201, views.case(session, found), case_id)
