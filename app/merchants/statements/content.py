"""What stands in a statement: the postings of an approved, closed interval, whenever it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain import accounts
from app.domain.refusals import Refusal, Refused
from app.models import Campaign, Merchant, SettlementBatch, SettlementLine, Store

CLOSED = ("approved", "paying", "paid")
# A reversal or refund of what was settled before names the settlement it was in.
ROWS = text(
    "SELECT t.posting_no, t.posted_at, t.kind, t.amount_fen, s.name AS store, r.order_no, a.reason,"
    " CASE WHEN t.kind IN ('reverse', 'refund') AND o.posting_no <= :from_no THEN b.id END AS settled_in"
    " FROM transfer t LEFT JOIN refund_line f ON t.kind = 'refund' AND f.id = t.ref"
    " LEFT JOIN hold_item h ON t.kind IN ('hold', 'free') AND h.id = t.ref"
    " LEFT JOIN adjustment a ON t.kind IN ('gesture', 'clawback') AND a.id = t.ref"
    " LEFT JOIN redemption_line l ON l.id = COALESCE(f.line_id, h.line_id, t.ref)"
    " LEFT JOIN redemption r ON r.id = COALESCE(l.redemption_id, a.redemption_id)"
    " LEFT JOIN transfer o ON o.kind = 'redeem' AND o.ref = l.id"
    " LEFT JOIN settlement_batch b ON b.campaign_id = t.campaign_id AND b.from_no < o.posting_no"
    "  AND b.to_no >= o.posting_no LEFT JOIN store s ON s.id = t.store_id"
    " WHERE t.campaign_id = :campaign_id AND t.posting_no > :from_no AND t.posting_no <= :to_no"
    f" AND t.merchant_id = :merchant_id AND t.kind NOT IN ({accounts.listed(accounts.NOT_EARNED)})"
    " AND (:store_id = '' OR t.store_id = :store_id) ORDER BY t.posting_no"
)


@dataclass(frozen=True)
class Posting:
    """One line: `amount_fen` is signed, `about`: why it was adjusted, or the settlement of what was taken back."""

    posting_no: int
    posted_at: str
    kind: str
    order_no: str
    store: str
    amount_fen: int
    about: str


@dataclass(frozen=True)
class Statement:
    """`store` is empty where it is about the whole merchant; `lines_sha256` is the hash of the frozen settlement."""

    statement_id: str
    merchant: str
    store: str
    campaign: str
    number: int
    cutoff: str
    lines_sha256: str
    total_fen: int
    postings: tuple[Posting, ...]


def statement(session: Session, merchant_id: str, settlement_id: str, store_id: str | None) -> Statement:
    """The merchant's part of a settlement. Raises Refused: STATEMENT_NOT_FOUND (also for a draft), STORE_NOT_FOUND."""
    batch = session.get(SettlementBatch, settlement_id)
    line = session.get(SettlementLine, (settlement_id, merchant_id))
    if batch is None or line is None or batch.state not in CLOSED:
        raise Refused(Refusal.STATEMENT_NOT_FOUND)
    store = session.get(Store, store_id) if store_id else None
    if store_id and (store is None or store.merchant_id != merchant_id):
        raise Refused(Refusal.STORE_NOT_FOUND)
    wanted = {
        "campaign_id": batch.campaign_id,
        "from_no": batch.from_no,
        "to_no": batch.to_no,
        "merchant_id": merchant_id,
        "store_id": store_id or "",
    }
    postings = tuple(_posting(row) for row in session.execute(ROWS, wanted))
    return Statement(
        statement_id=batch.id,
        merchant=session.get_one(Merchant, merchant_id).name,
        store=store.name if store else "",
        campaign=session.get_one(Campaign, batch.campaign_id).name,
        number=batch.number,
        cutoff=clock.iso(batch.cutoff),
        lines_sha256=str(batch.lines_sha256),
        total_fen=sum(posting.amount_fen for posting in postings),
        postings=postings,
    )


def _posting(row: Row[Any]) -> Posting:
    return Posting(
        posting_no=row.posting_no,
        posted_at=clock.iso(row.posted_at),
        kind=row.kind,
        order_no=row.order_no or "",
        store=row.store or "",
        amount_fen=accounts.gain(row.kind) * row.amount_fen,
        about=row.reason or row.settled_in or "",
    )


def listed(session: Session, merchant_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the merchant's statements, newest first."""
    wanted = (
        select(SettlementLine.net_fen, SettlementBatch, Campaign.name)
        .join(SettlementBatch, SettlementBatch.id == SettlementLine.settlement_id)
        .join(Campaign, Campaign.id == SettlementBatch.campaign_id)
        .where(SettlementLine.merchant_id == merchant_id, SettlementBatch.state.in_(CLOSED))
        .order_by(SettlementLine.settlement_id.desc())
        .limit(limit + 1)
    )
    if cursor:
        wanted = wanted.where(SettlementLine.settlement_id < cursor)
    items = [
        {
            "statement_id": batch.id,
            "campaign": campaign,
            "number": batch.number,
            "cutoff": clock.iso(batch.cutoff),
            "total_fen": net_fen,
        }
        for net_fen, batch, campaign in session.execute(wanted)
    ]
    more = len(items) > limit
    return {"items": items[:limit], "next_cursor": items[limit - 1]["statement_id"] if more else None}
