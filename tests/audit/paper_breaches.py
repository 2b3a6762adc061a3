"""Sheets of paper changed behind the platform's back."""

from __future__ import annotations

from tests.audit.breaches import Breach

SHEET = (
    "INSERT INTO paper_sheet (id, qr_mark, typed_mark, voucher_id, citizen_id, agent_id, state, printed_at)"
    " SELECT 'sht_breach', 'qr', 'typed', v.id, v.citizen_id, (SELECT MIN(id) FROM staff), 'used', 0"
    " FROM voucher v WHERE v.id = :voucher_li"
)
PAPER = (Breach("a sheet is used that paid nothing", SHEET, {"I11 a sheet": "word_sht_breach"}),)
