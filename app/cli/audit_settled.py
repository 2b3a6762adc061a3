"""The promises about payouts, holds and adjustments (design 5, I8, I9, I18)."""

from __future__ import annotations

from app.cli.audit_check import Check

CHECKS: tuple[Check, ...] = (
    Check(
        "I8",
        "what is on hold = Σ the items that hold it",
        "SELECT campaign_id, merchant_id, SUM(fen) AS difference FROM ("
        " SELECT campaign_id, merchant_id, CASE WHEN credit = 'held' THEN amount_fen ELSE -amount_fen END AS fen"
        "  FROM transfer WHERE 'held' IN (credit, debit)"
        " UNION ALL SELECT c.campaign_id, c.merchant_id, -i.amount_fen FROM hold_item i"
        "  JOIN hold_case c ON c.id = i.case_id WHERE i.state = 'held'"
        ") AS both_sides GROUP BY campaign_id, merchant_id HAVING SUM(fen) <> 0",
    ),
    Check(
        "I8",
        "payouts ask for no more than the approved lines of their merchant",
        "SELECT campaign_id, merchant_id, SUM(fen) AS too_much_fen FROM ("
        " SELECT s.campaign_id, p.merchant_id, p.amount_fen AS fen FROM payout p"
        "  JOIN settlement_batch s ON s.id = p.settlement_id"
        " UNION ALL SELECT s.campaign_id, l.merchant_id, -l.net_fen FROM settlement_line l"
        "  JOIN settlement_batch s ON s.id = l.settlement_id"
        "  WHERE s.approver_id IS NOT NULL AND EXISTS (SELECT 1 FROM payout p JOIN settlement_batch b"
        "   ON b.id = p.settlement_id WHERE p.merchant_id = l.merchant_id AND b.campaign_id = s.campaign_id"
        "   AND b.number >= s.number)"
        ") AS both_sides GROUP BY campaign_id, merchant_id HAVING SUM(fen) > 0",
    ),
    Check(
        "I9",
        "a payout has one live attempt while it is paying or paid, for its amount, and else none",
        "SELECT p.id, p.state, p.amount_fen, COUNT(a.id) AS live, MIN(a.state) AS attempt_state FROM payout p"
        " LEFT JOIN payout_attempt a ON a.payout_id = p.id AND a.state <> 'refused'"
        " GROUP BY p.id, p.state, p.amount_fen HAVING COUNT(a.id) > 1"
        " OR (p.state IN ('paying', 'paid')) <> (COUNT(a.id) = 1) OR (p.state = 'paid') <> (MIN(a.state) = 'paid')"
        " OR MIN(a.amount_fen) <> p.amount_fen",
    ),
    Check(
        "I9",
        "an attempt moved its money to paying, its final word moved it on or back, and nothing else is paid",
        "SELECT a.id, a.state, COUNT(t.id) AS postings FROM payout_attempt a JOIN payout p ON p.id = a.payout_id"
        " LEFT JOIN transfer t ON t.ref = a.id AND t.amount_fen = a.amount_fen AND t.merchant_id = p.merchant_id"
        "  AND t.kind IN ('payout', CASE a.state WHEN 'paid' THEN 'payout_paid' WHEN 'refused' THEN 'payout_back' END)"
        " GROUP BY a.id, a.state HAVING COUNT(t.id) <> CASE WHEN a.state IN ('paid', 'refused') THEN 2 ELSE 1 END"
        " UNION ALL SELECT t.id, t.kind, 1 FROM transfer t LEFT JOIN payout_attempt a ON a.id = t.ref"
        " WHERE ('paying' IN (t.credit, t.debit) OR 'paid' IN (t.credit, t.debit)) AND (a.id IS NULL"
        "  OR t.kind NOT IN ('payout', 'payout_paid', 'payout_back')"
        "  OR (t.kind = 'payout_paid' AND a.state <> 'paid') OR (t.kind = 'payout_back' AND a.state <> 'refused'))",
    ),
    Check(
        "I18",
        "approver ≠ author of a hold or an adjustment",
        "SELECT id, decided_by FROM hold_case WHERE decided_by = opened_by"
        " UNION ALL SELECT id, decided_by FROM adjustment WHERE decided_by = author_id",
    ),
)
