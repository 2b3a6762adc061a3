"""The numbers of a campaign, per batch and in total, counted from rows (design 8).

Verified vouchers are vouchers with an effective redemption. Direct consumption is Σ order amount of the orders that
used a voucher, net of refunds; an order with vouchers of several batches is split over them by subsidy. Leverage is
direct consumption ÷ subsidy.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock
from app.ankang.counters import TEST
from campaigns.manage import find_campaign

LEVERAGE_FORMULA = "direct_fen / subsidy_fen"
PER_BATCH = text(
    "SELECT b.id AS batch_id, b.name, b.stock, b.claimed, b.stock - b.claimed AS available,"
    " COALESCE(v.held, 0) AS held, COALESCE(v.redeemed, 0) AS redeemed, COALESCE(v.expired, 0) AS expired,"
    " COALESCE(v.revoked, 0) AS revoked, COALESCE(l.verified_vouchers, 0) AS verified_vouchers,"
    " COALESCE(l.reversed, 0) AS reversed, COALESCE(l.subsidy_fen, 0) AS subsidy_fen,"
    " COALESCE(l.direct_fen, 0) AS direct_fen FROM batch b"
    " LEFT JOIN (SELECT batch_id,"
    "  SUM(CASE WHEN status = 'issued' AND valid_to > :now THEN 1 ELSE 0 END) AS held,"
    "  SUM(CASE WHEN status = 'redeemed' THEN 1 ELSE 0 END) AS redeemed,"
    "  SUM(CASE WHEN status = 'expired' OR (status = 'issued' AND valid_to <= :now) THEN 1 ELSE 0 END) AS expired,"
    "  SUM(CASE WHEN status = 'revoked' THEN 1 ELSE 0 END) AS revoked"
    "  FROM voucher WHERE batch_id IN (SELECT id FROM batch WHERE campaign_id = :campaign_id)"
    "  GROUP BY batch_id) v ON v.batch_id = b.id"
    " LEFT JOIN (SELECT l.batch_id,"
    "  SUM(CASE WHEN l.effective THEN 1 ELSE 0 END) AS verified_vouchers,"
    "  SUM(CASE WHEN l.effective THEN 0 ELSE 1 END) AS reversed,"
    "  SUM(CASE WHEN l.effective THEN l.subsidy_fen - l.returned_fen ELSE 0 END) AS subsidy_fen,"
    "  SUM(CASE WHEN l.effective THEN l.order_share_fen - l.refunded_fen ELSE 0 END) AS direct_fen"
    "  FROM redemption_line l WHERE l.campaign_id = :campaign_id GROUP BY l.batch_id) l ON l.batch_id = b.id"
    " WHERE b.campaign_id = :campaign_id ORDER BY b.id"
)
SUMMED = (
    "stock",
    "claimed",
    "available",
    "held",
    "redeemed",
    "expired",
    "revoked",
    "verified_vouchers",
    "reversed",
    "subsidy_fen",
    "direct_fen",
)


def statistics(session: Session, campaign_id: str) -> dict[str, Any]:
    """Per batch and in total, as of now."""
    campaign = find_campaign(session, campaign_id)
    now = clock.database_now(session)
    rows = session.execute(PER_BATCH, {"campaign_id": campaign_id, "now": now}).all()
    batches = [_figures(row) for row in rows]
    totals = {name: sum(batch[name] for batch in batches) for name in SUMMED}
    return {
        "campaign": {"campaign_id": campaign.id, "name": campaign.name, "budget_fen": campaign.budget_fen},
        "batches": [_with_leverage(batch) for batch in batches],
        "totals": _with_leverage(totals),
        "as_of": clock.iso(now),
    }


def _figures(row: Row[Any]) -> dict[str, Any]:
    figures = dict(row._mapping)
    return {name: int(value) if name in SUMMED else value for name, value in figures.items()}


def _with_leverage(figures: dict[str, Any]) -> dict[str, Any]:
    subsidy = figures["subsidy_fen"]
    leverage = round(figures["direct_fen"] / subsidy, 4) if subsidy else None
    return {**figures, "leverage": leverage, "leverage_formula": LEVERAGE_FORMULA}


CODE_COUNTS = text(
    "SELECT day, event, purpose, reason, count FROM code_count WHERE day >= :first AND day <= :last"
    f" AND purpose <> '{TEST}' ORDER BY day, event, purpose, reason"
)


def code_counters(session: Session, first: str, last: str) -> dict[str, Any]:
    """Applied, displayed, verified between two Shanghai days, both included; nothing of tests."""
    days = [dict(row._mapping) for row in session.execute(CODE_COUNTS, {"first": first, "last": last})]
    refused: dict[str, int] = {}
    sums = {"applied": 0, "displayed": 0, "accepted": 0}
    for row in days:
        if row["event"] == "verified" and row["reason"] != "accepted":
            refused[row["reason"]] = refused.get(row["reason"], 0) + row["count"]
        else:
            sums[row["reason"] or row["event"]] += row["count"]
    verified = {"accepted": sums["accepted"], "refused": refused}
    return {"applied": sums["applied"], "displayed": sums["displayed"], "verified": verified, "by_day": days}
