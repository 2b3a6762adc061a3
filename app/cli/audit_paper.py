"""The promises about sheets of paper (I11)."""

from __future__ import annotations

from app.cli.audit_check import Check

CHECKS: tuple[Check, ...] = (
    Check(
        "I11",
        "a sheet of paper pays once, with its own voucher, and is used from then on",
        "SELECT p.id, p.state, COUNT(r.id) AS redemptions FROM paper_sheet p LEFT JOIN scan s ON s.sheet_id = p.id"
        " LEFT JOIN redemption r ON r.scan_id = s.id GROUP BY p.id, p.state"
        " HAVING COUNT(r.id) <> CASE WHEN p.state = 'used' THEN 1 ELSE 0 END"
        " UNION ALL SELECT p.id, l.voucher_id, 0 FROM paper_sheet p JOIN scan s ON s.sheet_id = p.id"
        " JOIN redemption r ON r.scan_id = s.id JOIN redemption_line l ON l.redemption_id = r.id"
        " WHERE l.voucher_id <> p.voucher_id",
    ),
)
