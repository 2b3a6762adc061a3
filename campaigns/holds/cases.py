"""A case: lines put on hold by a rule or a person, the merchant's appeal, and a second person's decision.

Putting on hold and letting go are postings, so an interval that is closed stays as it is: what went on hold before it
was closed is not in its lines, what comes free later is in the next ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain.accounts import way
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.merchants import hold_views as views
from app.models import HoldCase, HoldItem
from app.vouchers.ledger import Transfer, post

# What of a line is still owed: nothing of a reversed one, less of one that was refunded in part.
LINES = text(
    "SELECT l.id, l.campaign_id, r.merchant_id, r.store_id,"
    " CASE WHEN l.effective THEN l.subsidy_fen - l.returned_fen ELSE 0 END AS owed_fen,"
    " h.id AS item_id, h.amount_fen FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id"
    " LEFT JOIN hold_item h ON h.line_id = l.id AND h.state = 'held' WHERE l.id IN :line_ids ORDER BY l.id"
).bindparams(bindparam("line_ids", expanding=True))
OF_CASE = text(
    "SELECT h.id, h.line_id, h.amount_fen, r.merchant_id, r.store_id, l.campaign_id,"
    " CASE WHEN l.effective THEN l.subsidy_fen - l.returned_fen ELSE 0 END AS owed_fen FROM hold_item h"
    " JOIN redemption_line l ON l.id = h.line_id JOIN redemption r ON r.id = l.redemption_id"
    " WHERE h.case_id = :case_id AND h.state = 'held' ORDER BY h.id"
)
# Fence: decided once, and not by who opened it.
DECIDE = text(
    "UPDATE hold_case SET state = :state, decided_by = :actor_id, decided_at = :at, decision = :reason"
    " WHERE id = :id AND state IN ('open', 'appealed') AND (opened_by IS NULL OR opened_by <> :actor_id)"
)
END_ITEM = text(
    "UPDATE hold_item SET state = :state, upheld_fen = :upheld_fen WHERE id = :id AND state = 'held'"
)
MANUAL = "review"


def open_case(
    session: Session,
    evidence: Mapping[str, str],
    rule: str,
    figures: str,
    reason: str,
    opened_by: str | None,
) -> HoldCase | None:
    """Hold these lines of one merchant and campaign (line id → what speaks against it); None where none can be held.

    Lines on hold already, reversed or fully refunded are passed over. A hold that another case made at the same moment
    is a lost race: a unique index says so.
    """
    rows = [
        row
        for row in session.execute(LINES, {"line_ids": sorted(evidence)})
        if row.item_id is None and row.owed_fen > 0
    ]
    if not rows:
        return None
    made = HoldCase(
        id=new_id("hld"),
        campaign_id=rows[0].campaign_id,
        merchant_id=rows[0].merchant_id,
        rule=rule,
        figures=figures,
        reason=reason,
        state="open",
        opened_by=opened_by,
        opened_at=clock.now(),
    )
    session.add(made)
    session.flush()
    items = [_item(made.id, row, evidence[row.id]) for row in rows]
    session.add_all(items)
    session.flush()
    moved = [_moved("hold", item.id, row, item.amount_fen) for item, row in zip(items, rows, strict=True)]
    post(session, moved, clock.database_now(session))
    return made


def _item(case_id: str, row: Row[Any], evidence: str) -> HoldItem:
    return HoldItem(
        id=new_id("hli"),
        case_id=case_id,
        line_id=row.id,
        amount_fen=row.owed_fen,
        evidence=evidence[:200],
        state="held",
        upheld_fen=0,
    )


def _moved(kind: str, item_id: str, row: Row[Any], fen: int) -> Transfer:
    return Transfer(row.campaign_id, kind, item_id, *way(kind), fen, row.merchant_id, row.store_id)


def hold(session: Session, redemption_id: str, reason: str, actor_id: str) -> once.Answer:
    """Somebody puts one redemption on hold. Raises Refused: REDEMPTION_NOT_FOUND, WRONG_STATE where nothing is left."""
    wanted = text("SELECT id FROM redemption_line WHERE redemption_id = :id ORDER BY id")
    line_ids = session.scalars(wanted, {"id": redemption_id}).all()
    if not line_ids:
        raise Refused(Refusal.REDEMPTION_NOT_FOUND)
    by_campaign: dict[str, list[str]] = {}
    for row in session.execute(LINES, {"line_ids": list(line_ids)}):
        by_campaign.setdefault(row.campaign_id, []).append(row.id)
    cases = [
        made
        for ids in by_campaign.values()
        if (made := open_case(session, dict.fromkeys(ids, reason), MANUAL, "", reason, actor_id))
    ]
    if not cases:
        raise Refused(Refusal.WRONG_STATE)
    return once.Answer(201, {"items": [views.case(session, made) for made in cases]}, cases[0].id)


def decide(session: Session, case_id: str, to: str, reason: str, actor_id: str) -> once.Answer:
    """A second person lets go (`released`) or keeps (`upheld`) what is on hold.

    Upheld money returns to the campaign; what a refund took meanwhile is let go, so that the two sum up to zero.
    Raises Refused: HOLD_CASE_NOT_FOUND, SELF_APPROVAL or WRONG_STATE.
    """
    found = find(session, case_id)
    if found.opened_by == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    decided = {"id": case_id, "state": to, "actor_id": actor_id, "at": clock.now(), "reason": reason}
    if not sql.changed_one(session, DECIDE, decided):
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    moved: list[Transfer] = []
    for row in session.execute(OF_CASE, {"case_id": case_id}).all():
        upheld = min(row.owed_fen, row.amount_fen) if to == "upheld" else 0
        if not sql.changed_one(session, END_ITEM, {"id": row.id, "state": to, "upheld_fen": upheld}):
            raise sql.LostRace("hold_item")
        moved += [_moved("uphold", row.id, row, upheld), _moved("free", row.id, row, row.amount_fen - upheld)]
    post(session, moved, clock.database_now(session))
    session.refresh(found)
    return once.Answer(200, views.case(session, found), case_id)


def find(session: Session, case_id: str) -> HoldCase:
    """The case. Raises Refused(HOLD_CASE_NOT_FOUND)."""
    found = session.get(HoldCase, case_id)
    if found is None:
        raise Refused(Refusal.HOLD_CASE_NOT_FOUND)
    return found
