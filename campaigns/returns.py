"""Money of a closed campaign goes back to the treasury: one person asks, a second one decides.

What may go is what nobody can need any more: of `budget` all but what undrawn lotteries may still give out; of
`released` all but the unused rest of redemptions that can still be reversed into a good voucher, and but what
merchants owe after late refunds. Apart from returns these amounts only grow, so what was asked for is still there when
it is decided; the decision looks again, under the campaign's lock.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import accounts
from app.domain.campaign import ENDED, State
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Campaign, TreasuryReturn
from app.vouchers import ledger
from campaigns import manage

GRACE_MS = 60_000  # a reversal that was judged in time has ended by then
_BALANCE = (
    "(SELECT COALESCE(SUM(CASE WHEN t.credit = '{0}' THEN t.amount_fen ELSE -t.amount_fen END), 0)"
    " FROM transfer t WHERE t.campaign_id = :campaign_id AND '{0}' IN (t.credit, t.debit))"
)
_MERCHANTS = accounts.listed(accounts.MERCHANTS)
# One statement, one look: what a reversal takes from `released` it takes from the rest that is kept back, too.
RETURNABLE = text(
    f"SELECT CAST({_BALANCE.format('budget')} - (SELECT COALESCE(SUM((b.stock - b.claimed) * b.face_fen), 0)"
    "  FROM batch b JOIN lottery y ON y.batch_id = b.id WHERE b.campaign_id = :campaign_id AND y.state <> 'issued')"
    " AS BIGINT) AS budget_fen,"
    f" CAST({_BALANCE.format('released')} - (SELECT COALESCE(SUM(l.face_fen - l.subsidy_fen), 0)"
    "  FROM redemption_line l JOIN voucher v ON v.id = l.voucher_id"
    "  WHERE l.campaign_id = :campaign_id AND l.effective AND v.valid_to > :now)"
    " + (SELECT COALESCE(SUM(fen), 0) FROM (SELECT"
    f"  SUM(CASE WHEN t.credit IN ({_MERCHANTS}) THEN t.amount_fen ELSE 0 END"
    f"   - CASE WHEN t.debit IN ({_MERCHANTS}) THEN t.amount_fen ELSE 0 END) AS fen"
    "  FROM transfer t WHERE t.campaign_id = :campaign_id AND t.merchant_id IS NOT NULL GROUP BY t.merchant_id"
    " ) AS merchants WHERE fen < 0) AS BIGINT) AS released_fen"
)
DECIDE = text(
    "UPDATE treasury_return SET state = :state, decider_id = :actor_id, decided_at = :at"
    " WHERE id = :id AND state = 'requested' AND requester_id <> :actor_id"
)


def returnable(session: Session, campaign: Campaign, now: int) -> dict[str, int]:
    """What may go back now, of each account, fen; nothing before the campaign is closed."""
    if State(campaign.state) not in ENDED:
        return {"budget_fen": 0, "released_fen": 0}
    found = session.execute(RETURNABLE, {"campaign_id": campaign.id, "now": now - GRACE_MS}).one()
    return {name: max(0, int(fen)) for name, fen in found._mapping.items()}


def ask(session: Session, campaign_id: str, actor_id: str) -> once.Answer:
    """Ask for everything that may go back.

    Raises Refused(WRONG_STATE) where it is not closed or a request is open, Refused(NOT_RETURNABLE) where nothing may
    go.
    """
    campaign = manage.locked(session, campaign_id)
    opened = select(TreasuryReturn.id).where(
        TreasuryReturn.campaign_id == campaign.id, TreasuryReturn.state == "requested"
    )
    if State(campaign.state) not in ENDED or session.scalar(opened):
        raise Refused(Refusal.WRONG_STATE, state=campaign.state)
    amounts = returnable(session, campaign, clock.database_now(session))
    if not any(amounts.values()):
        raise Refused(Refusal.NOT_RETURNABLE)
    asked = TreasuryReturn(
        id=new_id("trr"),
        campaign_id=campaign.id,
        state="requested",
        requester_id=actor_id,
        requested_at=clock.now(),
        **amounts,
    )
    session.add(asked)
    session.flush()
    return once.Answer(201, shown(asked), asked.id)


def decide(session: Session, return_id: str, actor_id: str, state: str) -> once.Answer:
    """A second person lets it go (`approved`) or not (`refused`).

    Raises Refused(SELF_APPROVAL), Refused(WRONG_STATE) where it was decided, Refused(NOT_RETURNABLE) where less is
    left.
    """
    asked = find(session, return_id)
    campaign = manage.locked(session, asked.campaign_id)
    if asked.requester_id == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    decided = {"id": asked.id, "state": state, "actor_id": actor_id, "at": clock.now()}
    if not sql.changed_one(session, DECIDE, decided):
        raise Refused(Refusal.WRONG_STATE, state=asked.state)
    if state == "approved":
        _post(session, asked, campaign)
    session.refresh(asked)
    return once.Answer(200, shown(asked), asked.id)


def _post(session: Session, asked: TreasuryReturn, campaign: Campaign) -> None:
    now = clock.database_now(session)
    left = returnable(session, campaign, now)
    if any(left[name] < getattr(asked, name) for name in left):
        raise Refused(Refusal.NOT_RETURNABLE, **left)
    ledger.post(
        session,
        [
            ledger.Transfer(campaign.id, kind, asked.id, *accounts.way(kind), fen)
            for kind, fen in (("return", asked.budget_fen), ("return_released", asked.released_fen))
        ],
        now,
    )


def find(session: Session, return_id: str) -> TreasuryReturn:
    """The request. Raises Refused(TREASURY_RETURN_NOT_FOUND)."""
    found = session.get(TreasuryReturn, return_id)
    if found is None:
        raise Refused(Refusal.TREASURY_RETURN_NOT_FOUND)
    return found


def of_campaign(session: Session, campaign_id: str) -> list[dict[str, Any]]:
    """All requests of a campaign, oldest first."""
    wanted = (
        select(TreasuryReturn).where(TreasuryReturn.campaign_id == campaign_id).order_by(TreasuryReturn.id)
    )
    return [shown(each) for each in session.scalars(wanted)]


def page(session: Session, cursor: str | None, limit: int) -> dict[str, Any]:
    """The requests of all campaigns, newest first."""
    wanted = select(TreasuryReturn).order_by(TreasuryReturn.id.desc()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(TreasuryReturn.id < cursor)
    found = session.scalars(wanted).all()
    items = [shown(each) for each in found[:limit]]
    return {"items": items, "next_cursor": items[-1]["return_id"] if len(found) > limit else None}


def shown(asked: TreasuryReturn) -> dict[str, Any]:
    """A request as staff see it."""
    return {
        "return_id": asked.id,
        "campaign_id": asked.campaign_id,
        "state": asked.state,
        "budget_fen": asked.budget_fen,
        "released_fen": asked.released_fen,
        "amount_fen": asked.budget_fen + asked.released_fen,
        "requester_id": asked.requester_id,
        "decider_id": asked.decider_id,
        "requested_at": clock.iso(asked.requested_at),
        "decided_at": None if asked.decided_at is None else clock.iso(asked.decided_at),
    }
