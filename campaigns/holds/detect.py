"""Look through a campaign's redemptions by the rules of `app/domain/cash_out.py`, and hold what they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock, once
from app.domain.cash_out import Purchase, Sign, signs
from app.domain.instants import DAY_MS
from app.merchants import hold_views as views
from app.models import HoldCase
from campaigns.holds import cases
from campaigns.manage import find_campaign

WINDOW_DAYS = 30
# What was looked at by a case before is left alone: whoever was cleared is not held for the same again.
_PURCHASES = (
    "SELECT r.merchant_id, l.id AS line_id, r.store_id, r.terminal_id, r.citizen_id, l.eligible_fen AS order_fen,"
    " b.threshold_fen, r.redeemed_at AS at, (SELECT MAX(h.id) FROM hold_item h WHERE h.line_id = l.id) AS item_id"
    " FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id JOIN batch b ON b.id = l.batch_id"
    " WHERE l.campaign_id = :campaign_id AND l.effective AND r.redeemed_at >= :since{} ORDER BY r.merchant_id, l.id"
)
PURCHASES = text(_PURCHASES.format(""))
PURCHASES_OF = text(_PURCHASES.format(" AND r.merchant_id = :merchant_id"))
LOOKED_AT = text("SELECT DISTINCT line_id FROM hold_item WHERE line_id IN :line_ids").bindparams(
    bindparam("line_ids", expanding=True)
)


class Suspicion(NamedTuple):
    """A sign, and what it says of the lines that no case has looked at."""

    sign: Sign
    fresh: Mapping[str, str]


def scan(session: Session, campaign_id: str, actor_id: str | None) -> once.Answer:
    """Judge each merchant's purchases of the last 30 days; the body lists the cases that were opened."""
    find_campaign(session, campaign_id)
    made: list[HoldCase] = []
    for _, of_merchant in groupby(purchases(session, campaign_id), key=lambda row: row.merchant_id):
        made += open_cases(session, judged(list(of_merchant)), actor_id)
    return once.Answer(201, {"items": [views.case(session, case) for case in made]}, campaign_id)


def purchases(session: Session, campaign_id: str, merchant_id: str | None = None) -> Sequence[Row[Any]]:
    """What was bought with this campaign's vouchers in the last 30 days, in all or at one merchant."""
    since = clock.now() - WINDOW_DAYS * DAY_MS
    wanted = {"campaign_id": campaign_id, "since": since}
    if merchant_id is None:
        return session.execute(PURCHASES, wanted).all()
    return session.execute(PURCHASES_OF, {**wanted, "merchant_id": merchant_id}).all()


def judged(rows: Sequence[Row[Any]]) -> list[Suspicion]:
    """What the rules say of one merchant's purchases; each line stands under the first rule that names it."""
    known = {row.line_id for row in rows if row.item_id is not None}
    found: list[Suspicion] = []
    for sign in signs([_purchase(row) for row in rows]):
        fresh = {line_id: words for line_id, words in sign.evidence.items() if line_id not in known}
        known |= set(fresh)
        if fresh:
            found.append(Suspicion(sign, fresh))
    return found


def open_cases(session: Session, found: Sequence[Suspicion], actor_id: str | None) -> list[HoldCase]:
    """A case for each suspicion, but for lines that a case has looked at since they were judged."""
    line_ids = [line_id for suspicion in found for line_id in suspicion.fresh]
    taken = set(session.scalars(LOOKED_AT, {"line_ids": line_ids})) if line_ids else set()
    made = []
    for sign, fresh in found:
        left = {line_id: words for line_id, words in fresh.items() if line_id not in taken}
        if left and (case := cases.open_case(session, left, sign.rule, sign.figures, "", actor_id)):
            made.append(case)
    return made


def _purchase(row: Row[Any]) -> Purchase:
    return Purchase(
        row.line_id,
        row.store_id,
        row.terminal_id,
        row.citizen_id,
        row.order_fen,
        row.threshold_fen,
        row.at,
    )
