"""The promises about what citizens are told (I14)."""

from __future__ import annotations

from app.cli.audit_check import Check

_WRITTEN = "NOT e.is_test AND e.no <= k.after_no AND e.no > k.forgotten_no"

CHECKS: tuple[Check, ...] = (
    Check(
        "I14",
        "who is concerned by an event has one notice of it, nobody else has",
        "SELECT e.no AS id, e.kind, e.ref, COUNT(n.event_no) AS notices FROM notice_clock k JOIN event e"
        f" ON e.citizen_id IS NOT NULL AND {_WRITTEN} LEFT JOIN notice n ON n.event_no = e.no"
        " GROUP BY e.no, e.kind, e.ref, e.citizen_id"
        " HAVING COUNT(n.event_no) <> 1 OR COALESCE(MAX(n.citizen_id), '') <> e.citizen_id"
        " UNION ALL SELECT e.no, e.kind, e.ref, COUNT(n.event_no) FROM notice_clock k JOIN event e"
        f" ON e.kind = 'lottery.drawn' AND {_WRITTEN} JOIN registration r ON r.batch_id = e.ref"
        " LEFT JOIN notice n ON n.event_no = e.no AND n.person_no = r.number AND n.citizen_id = r.citizen_id"
        "  AND n.kind = CASE WHEN r.rank IS NULL THEN 'lost' ELSE 'won' END"
        " GROUP BY e.no, e.kind, e.ref HAVING COUNT(n.event_no) <> COUNT(r.number)",
    ),
)
