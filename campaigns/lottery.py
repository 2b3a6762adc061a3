"""The organizer's part of a lottery: name the public value beforehand, enter it after the close, ask for the draw."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import lottery as rules
from app.domain.campaign import State
from app.domain.refusals import Refusal, Refused
from app.models import Lottery
from app.vouchers.lottery import find_lottery, published, seal_seed
from campaigns.states import campaign_state

JOB = "workers.lottery.run"
MOST_SHOWN = 100
# A wrong value may be corrected until the draw is asked for; every entry stays in the audit trail.
ENTER = text(
    "UPDATE lottery SET public_value = :value, value_by = :actor_id, value_at = :at"
    " WHERE batch_id = :batch_id AND state = 'frozen'"
)
# The second person asks for the draw with the value that was seen; the fence lets no other value slip under it.
ASK = text(
    "UPDATE lottery SET state = 'asked', drawer_id = :actor_id"
    " WHERE batch_id = :batch_id AND state = 'frozen' AND public_value = :value AND value_by <> :actor_id"
)
COUNTS = text(
    "SELECT COUNT(voucher_id) AS issued, COUNT(refusal) AS refused FROM registration"
    " WHERE batch_id = :batch_id AND rank IS NOT NULL"
)
REGISTERED = text("SELECT COUNT(*) FROM registration WHERE batch_id = :batch_id")
REFUSED = text(
    "SELECT number, rank, refusal FROM registration WHERE batch_id = :batch_id AND rank IS NOT NULL"
    " AND refusal IS NOT NULL ORDER BY rank LIMIT :most"
)


def prepare(session: Session, batch_id: str, public_value_name: str) -> None:
    """Give a new batch its lottery: a fresh secret seed, whose commitment is public as soon as the campaign is."""
    seed = secrets.token_bytes(rules.SEED_BYTES)
    session.add(
        Lottery(
            batch_id=batch_id,
            state="open",
            public_value_name=public_value_name,
            seed_box=seal_seed(batch_id, seed),
            commitment=rules.commitment(seed),
        )
    )
    session.flush()


def rename_value(session: Session, batch_id: str, public_value_name: str) -> None:
    """Name another public value; the caller has made sure that the campaign is a draft."""
    find_lottery(session, batch_id).public_value_name = public_value_name


def refuse_below_places(session: Session, batch_id: str, stock: int) -> None:
    """Raises Refused(HARMFUL_EDIT) for a stock that could not serve the winners. The batch's row is locked."""
    lottery = session.get(Lottery, batch_id, populate_existing=True)
    if lottery is not None and lottery.places is not None and stock < lottery.places:
        raise Refused(Refusal.HARMFUL_EDIT, places=lottery.places)


def enter_value(session: Session, batch_id: str, value: str, actor_id: str) -> once.Answer:
    """Write down the public value, once it is known and the list is frozen. Raises Refused(WRONG_STATE)."""
    lottery = find_lottery(session, batch_id)
    entered = {"batch_id": batch_id, "value": value, "actor_id": actor_id, "at": clock.now()}
    if not sql.changed_one(session, ENTER, entered):
        raise Refused(Refusal.WRONG_STATE, state=lottery.state)
    session.refresh(lottery)
    return once.Answer(200, shown(session, lottery), batch_id)


def ask_draw(session: Session, batch_id: str, actor_id: str) -> once.Answer:
    """Ask for the draw, as a second person. Asked again it is the same draw.

    Raises Refused(SELF_APPROVAL) for whoever entered the value, Refused(WRONG_STATE) while something is missing.
    """
    lottery = find_lottery(session, batch_id)
    if lottery.state in ("open", "closed", "frozen"):
        _ask(session, lottery, actor_id)
        session.refresh(lottery)
    return once.Answer(202, shown(session, lottery), batch_id)


def _ask(session: Session, lottery: Lottery, actor_id: str) -> None:
    of_campaign = campaign_state(session, lottery.batch_id)
    if of_campaign != State.APPROVED or lottery.public_value is None:
        raise Refused(Refusal.WRONG_STATE, state=lottery.state, campaign_state=of_campaign)
    if lottery.value_by == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    asked = {"batch_id": lottery.batch_id, "value": lottery.public_value, "actor_id": actor_id}
    if not sql.changed_one(session, ASK, asked):
        raise sql.LostRace("lottery")


def shown(session: Session, lottery: Lottery) -> dict[str, Any]:
    """The lottery as the organizer sees it: also who did what, and what became of the winners."""
    counts = session.execute(COUNTS, {"batch_id": lottery.batch_id}).one()
    refused = session.execute(REFUSED, {"batch_id": lottery.batch_id, "most": MOST_SHOWN})
    return {
        "batch_id": lottery.batch_id,
        **published(lottery),
        "value_by": lottery.value_by,
        "drawer_id": lottery.drawer_id,
        "issued": counts.issued,
        "refused": counts.refused,
        "refusals": [{"number": str(row.number), "rank": row.rank, "code": row.refusal} for row in refused],
    }


def registered(session: Session, batch_id: str) -> int:
    """How many people have registered so far."""
    return int(session.scalar(REGISTERED, {"batch_id": batch_id}) or 0)
