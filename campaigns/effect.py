"""The causal leverage of a lottery beside the naive one: winners compared with losers.

Spent is what the platform knows: order amounts, net of refunds, of orders that any of its vouchers helped to pay since
the draw. What people spend without one is not known, of winners as of losers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain import effect as rules
from app.domain.refusals import Refusal, Refused
from app.vouchers.lottery import DRAWN, find_lottery

SPENT = text(
    "SELECT won, COUNT(*) AS people, SUM(fen) AS total, SUM(CAST(fen AS DOUBLE PRECISION) * fen) AS squares FROM ("
    "SELECT CASE WHEN g.rank IS NULL THEN 0 ELSE 1 END AS won,"
    " (SELECT COALESCE(SUM(l.order_share_fen - l.refunded_fen), 0) FROM voucher v"
    " JOIN redemption_line l ON l.voucher_id = v.id JOIN redemption r ON r.id = l.redemption_id"
    " WHERE v.citizen_id = g.citizen_id AND l.effective AND r.redeemed_at >= :drawn_at) AS fen"
    " FROM registration g WHERE g.batch_id = :batch_id) AS spent GROUP BY won"
)
PAID = text(
    "SELECT COALESCE(SUM(l.subsidy_fen - l.returned_fen), 0) AS subsidy_fen,"
    " COALESCE(SUM(l.order_share_fen - l.refunded_fen), 0) AS direct_fen"
    " FROM voucher v JOIN redemption_line l ON l.voucher_id = v.id WHERE v.batch_id = :batch_id AND l.effective"
)


def lottery_effect(session: Session, batch_id: str) -> dict[str, Any]:
    """Of a drawn lottery. Raises Refused(BATCH_NOT_FOUND, NOT_A_LOTTERY or RESULTS_NOT_FOUND)."""
    lottery = find_lottery(session, batch_id)
    if lottery.state not in DRAWN:
        raise Refused(Refusal.RESULTS_NOT_FOUND)
    asked = {"batch_id": batch_id, "drawn_at": lottery.drawn_at}
    sides = {
        row.won: rules.Sample(row.people, float(row.total), float(row.squares))
        for row in session.execute(SPENT, asked)
    }
    winners, losers = (sides.get(won, rules.Sample(0, 0, 0)) for won in (1, 0))
    paid = session.execute(PAID, asked).one()
    found = rules.effect(winners, losers)
    return {
        "batch_id": batch_id,
        "winners": {"people": winners.count, "mean_fen": round(winners.mean)},
        "losers": {"people": losers.count, "mean_fen": round(losers.mean)},
        "subsidy_fen": int(paid.subsidy_fen),
        "naive_leverage": _over(float(paid.direct_fen), paid.subsidy_fen),
        "naive_formula": "direct_fen / subsidy_fen",
        "causal": found and _causal(found, winners.count, int(paid.subsidy_fen)),
        "causal_formula": "(mean of winners - mean of losers) * winners / subsidy_fen",
        "confidence": rules.CONFIDENCE,
        "spent": "order amounts net of refunds, of orders paid with any voucher since the draw",
    }


def _causal(found: rules.Effect, winners: int, subsidy_fen: int) -> dict[str, Any]:
    return {
        "difference_fen": round(found.difference),
        "low_fen": round(found.low),
        "high_fen": round(found.high),
        "leverage": _over(found.difference * winners, subsidy_fen),
        "leverage_low": _over(found.low * winners, subsidy_fen),
        "leverage_high": _over(found.high * winners, subsidy_fen),
    }


def _over(fen: float, subsidy_fen: int) -> float | None:
    return round(float(fen) / int(subsidy_fen), 4) if subsidy_fen else None
