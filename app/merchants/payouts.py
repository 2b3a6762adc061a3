"""Where the money of a settled line is: by which payout it goes, and what the bank said of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.payout_hold import Hold
from app.merchants import bank

# A payout covers the merchant's lines up to its batch, from where the payout before it ended.
COVERING = text(
    "SELECT s.campaign_id, p.merchant_id, s.number, p.state, a.state AS attempt_state, a.reference, a.expected_on,"
    " a.decided_at, a.reason FROM payout p JOIN settlement_batch s ON s.id = p.settlement_id"
    " LEFT JOIN payout_attempt a ON a.payout_id = p.id AND a.number ="
    "  (SELECT MAX(l.number) FROM payout_attempt l WHERE l.payout_id = p.id)"
    " WHERE p.merchant_id IN :merchant_ids ORDER BY s.number"
).bindparams(bindparam("merchant_ids", expanding=True))
# A line stands in the batch whose interval its posting is in: the redemption's, or the one that ended a hold on it.
STANDING = text(
    "SELECT l.redemption_id, l.campaign_id, s.id AS settlement_id, s.number, s.state, h.state AS hold_state, c.rule"
    " FROM redemption_line l JOIN transfer t ON t.kind = 'redeem' AND t.ref = l.id"
    " LEFT JOIN hold_item h ON h.id = (SELECT MAX(n.id) FROM hold_item n WHERE n.line_id = l.id)"
    " LEFT JOIN hold_case c ON c.id = h.case_id LEFT JOIN transfer f ON f.kind = 'free' AND f.ref = h.id"
    " LEFT JOIN settlement_batch s ON s.campaign_id = l.campaign_id "
    "  AND s.from_no < COALESCE(f.posting_no, t.posting_no) AND s.to_no >= COALESCE(f.posting_no, t.posting_no)"
    " WHERE l.redemption_id IN :redemption_ids ORDER BY l.redemption_id, l.id"
).bindparams(bindparam("redemption_ids", expanding=True))
NOTHING: dict[str, Any] = {
    "payout": "none",
    "hold_reason": None,
    "hold_until": None,
    "bank_reference": None,
    "expected_on": None,
    "paid_on": None,
    "bank_reason": None,
}


class Line(NamedTuple):
    """A merchant's line of a settlement batch; `number` is the batch's in its campaign."""

    campaign_id: str
    merchant_id: str
    number: int
    net_fen: int


class Payouts:
    """The payouts of some merchants, found once."""

    def __init__(self, session: Session, merchant_ids: Collection[str]) -> None:
        self._rows: dict[tuple[str, str], list[Row[Any]]] = {}
        if merchant_ids:
            for row in session.execute(COVERING, {"merchant_ids": list(merchant_ids)}):
                self._rows.setdefault((row.campaign_id, row.merchant_id), []).append(row)

    def of(self, line: Line, hold: Hold | None) -> dict[str, Any]:
        """What became of this line: `none` (nothing is due), `open`, `held`, `paying`, `unknown`, `refused` or `paid`.

        `expected_on` and `paid_on` are Shanghai days; `bank_reason` is why the bank refused.
        """
        covering = self._rows.get((line.campaign_id, line.merchant_id), [])
        found = next((row for row in covering if row.number >= line.number), None)
        if found is not None:
            return NOTHING | _covered(found)
        if line.net_fen <= 0:
            return dict(NOTHING)
        if hold is None:
            return NOTHING | {"payout": "open"}
        until = clock.iso(hold.until) if hold.until else None
        return NOTHING | {"payout": "held", "hold_reason": hold.reason.value, "hold_until": until}


def of_redemptions(
    session: Session, merchant_id: str, redemption_ids: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Of each of this merchant's redemptions, for each campaign that pays a part: in which settlement, paid how.

    Besides the words of `Payouts.of`: `unsettled` while no approved batch holds it, `held` by a case with the case's
    rule as its reason, `upheld` when that case was decided against it.
    """
    if not redemption_ids:
        return {}
    hold = bank.holds(session, [merchant_id])[merchant_id]
    payouts = Payouts(session, [merchant_id])
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(STANDING, {"redemption_ids": list(redemption_ids)}):
        named = {"campaign_id": row.campaign_id, "settlement_id": row.settlement_id}
        shown = named | NOTHING | _standing(row, merchant_id, payouts, hold)
        parts = found.setdefault(row.redemption_id, [])
        if shown not in parts:
            parts.append(shown)
    return found


def _standing(row: Row[Any], merchant_id: str, payouts: Payouts, hold: Hold | None) -> dict[str, Any]:
    if row.hold_state in ("held", "upheld"):
        return {"payout": row.hold_state, "hold_reason": row.rule, "settlement_id": None}
    if row.state in (None, "opened", "computed"):
        return {"payout": "unsettled"}
    return payouts.of(Line(row.campaign_id, merchant_id, row.number, 1), hold)


def _covered(row: Row[Any]) -> dict[str, Any]:
    if row.state == "void":
        return {}
    word = "unknown" if row.state == "paying" and row.attempt_state == "unknown" else row.state
    return {
        "payout": word,
        "bank_reference": row.reference,
        "expected_on": row.expected_on,
        "paid_on": clock.day(row.decided_at) if row.state == "paid" else None,
        "bank_reason": row.reason if row.state == "refused" else None,
    }
