"""Money beside the redemptions: a gesture is given, a claw-back taken, proposed by one and decided by another."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain.accounts import way
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Adjustment, Merchant, Redemption
from app.vouchers.ledger import Transfer, post
from campaigns.manage import find_campaign

# A gesture is promised like a batch is: what is allotted stays within the budget, so no claim runs into it. Of a
# campaign that is over, the rest of the budget goes back to the treasury.
ALLOT = text(
    "UPDATE campaign SET allotted_fen = allotted_fen + :fen WHERE id = :id AND allotted_fen + :fen <= budget_fen"
    " AND state NOT IN ('closed', 'settled')"
)
DECIDE = text(
    "UPDATE adjustment SET state = :state, decided_by = :actor_id, decided_at = :at"
    " WHERE id = :id AND state = 'proposed' AND author_id <> :actor_id"
)


def propose(session: Session, campaign_id: str, terms: dict[str, Any], actor_id: str) -> once.Answer:
    """`terms`: merchant_id, kind, amount_fen, reason, and the redemption it is about, if any.

    Raises Refused: CAMPAIGN_NOT_FOUND, MERCHANT_NOT_FOUND, REDEMPTION_NOT_FOUND (also another merchant's).
    """
    find_campaign(session, campaign_id)
    if session.get(Merchant, terms["merchant_id"]) is None:
        raise Refused(Refusal.MERCHANT_NOT_FOUND)
    if terms.get("redemption_id"):
        about = session.get(Redemption, terms["redemption_id"])
        if about is None or about.merchant_id != terms["merchant_id"]:
            raise Refused(Refusal.REDEMPTION_NOT_FOUND)
    made = Adjustment(
        id=new_id("adj"),
        campaign_id=campaign_id,
        state="proposed",
        author_id=actor_id,
        proposed_at=clock.now(),
        **terms,
    )
    session.add(made)
    session.flush()
    return once.Answer(201, shown(made), made.id)


def decide(session: Session, adjustment_id: str, to: str, actor_id: str) -> once.Answer:
    """A second person says yes (`approved`: it is posted) or no (`refused`).

    Raises Refused: ADJUSTMENT_NOT_FOUND, SELF_APPROVAL, WRONG_STATE, GESTURE_TOO_LARGE.
    """
    found = session.get(Adjustment, adjustment_id)
    if found is None:
        raise Refused(Refusal.ADJUSTMENT_NOT_FOUND)
    if found.author_id == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    decided = {"id": adjustment_id, "state": to, "actor_id": actor_id, "at": clock.now()}
    if not sql.changed_one(session, DECIDE, decided):
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    if to == "approved":
        _post(session, found)
    session.refresh(found)
    return once.Answer(200, shown(found), adjustment_id)


def _post(session: Session, found: Adjustment) -> None:
    allot = {"id": found.campaign_id, "fen": found.amount_fen}
    if found.kind == "gesture" and not sql.changed_one(session, ALLOT, allot):
        raise Refused(Refusal.GESTURE_TOO_LARGE)
    whose = (found.campaign_id, found.kind, found.id, *way(found.kind), found.amount_fen, found.merchant_id)
    post(session, [Transfer(*whose)], clock.database_now(session))


def of_campaign(session: Session, campaign_id: str) -> list[dict[str, Any]]:
    """All of them, oldest first."""
    wanted = select(Adjustment).where(Adjustment.campaign_id == campaign_id).order_by(Adjustment.id)
    return [shown(each) for each in session.scalars(wanted)]


def shown(found: Adjustment) -> dict[str, Any]:
    """An adjustment as it is answered."""
    return {
        "adjustment_id": found.id,
        "campaign_id": found.campaign_id,
        "merchant_id": found.merchant_id,
        "redemption_id": found.redemption_id,
        "kind": found.kind,
        "amount_fen": found.amount_fen,
        "reason": found.reason,
        "state": found.state,
        "author_id": found.author_id,
        "decided_by": found.decided_by,
    }
