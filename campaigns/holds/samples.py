"""The sample of a settlement batch: drawn when its lines are frozen, looked at before it is approved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import settlement as rules
from app.domain.refusals import Refusal, Refused
from app.models import Merchant, Redemption, RedemptionLine, SettlementBatch, SettlementSample
from campaigns.holds import cases

IN_INTERVAL = text(
    "SELECT ref FROM transfer WHERE campaign_id = :campaign_id AND posting_no > :from_no AND posting_no <= :to_no"
    " AND kind = 'redeem' ORDER BY ref"
)
REVIEW = text(
    "UPDATE settlement_sample SET verdict = :verdict, reviewer_id = :actor_id, reviewed_at = :at, reason = :reason"
    " WHERE settlement_id = :settlement_id AND line_id = :line_id AND verdict IS NULL"
)


def draw(session: Session, batch: SettlementBatch, lines_sha256: str) -> None:
    """Write down what has to be looked at."""
    interval = {"campaign_id": batch.campaign_id, "from_no": batch.from_no, "to_no": batch.to_no}
    line_ids = session.scalars(IN_INTERVAL, interval).all() if batch.review_percent else []
    drawn = rules.sample(line_ids, batch.review_percent, lines_sha256)
    if drawn:
        rows = [{"settlement_id": batch.id, "line_id": line_id} for line_id in drawn]
        session.execute(insert(SettlementSample), rows)


def missing(session: Session, settlement_id: str) -> int:
    """How many nobody has looked at."""
    wanted = select(func.count()).where(
        SettlementSample.settlement_id == settlement_id, SettlementSample.verdict.is_(None)
    )
    return int(session.scalar(wanted) or 0)


def review(
    session: Session, settlement_id: str, line_id: str, verdict: str, reason: str, actor_id: str
) -> once.Answer:
    """Somebody looked: `good`, or `suspicious`, which puts the redemption line on hold.

    Raises Refused: REDEMPTION_NOT_FOUND where it is not in the sample, WRONG_STATE where somebody was faster.
    """
    if session.get(SettlementSample, (settlement_id, line_id)) is None:
        raise Refused(Refusal.REDEMPTION_NOT_FOUND)
    looked = {
        "settlement_id": settlement_id,
        "line_id": line_id,
        "verdict": verdict,
        "actor_id": actor_id,
        "at": clock.now(),
        "reason": reason,
    }
    if not sql.changed_one(session, REVIEW, looked):
        raise Refused(Refusal.WRONG_STATE)
    if verdict == "suspicious":
        cases.open_case(session, {line_id: reason}, cases.MANUAL, "", reason, actor_id)
    return once.Answer(200, of_settlement(session, settlement_id), settlement_id)


def of_settlement(session: Session, settlement_id: str) -> dict[str, Any]:
    """The sample, and how many of it are still to be looked at."""
    wanted = (
        select(SettlementSample, RedemptionLine, Redemption, Merchant.name)
        .join(RedemptionLine, RedemptionLine.id == SettlementSample.line_id)
        .join(Redemption, Redemption.id == RedemptionLine.redemption_id)
        .join(Merchant, Merchant.id == Redemption.merchant_id)
        .where(SettlementSample.settlement_id == settlement_id)
        .order_by(SettlementSample.line_id)
        .execution_options(populate_existing=True)
    )
    items = [
        {
            "line_id": found.line_id,
            "redemption_id": redemption.id,
            "merchant": merchant,
            "order_no": redemption.order_no,
            "order_fen": redemption.order_fen,
            "subsidy_fen": line.subsidy_fen,
            "redeemed_at": clock.iso(redemption.redeemed_at),
            "verdict": found.verdict,
            "reviewer_id": found.reviewer_id,
            "reason": found.reason,
        }
        for found, line, redemption, merchant in session.execute(wanted)
    ]
    return {"items": items, "missing": sum(item["verdict"] is None for item in items)}
