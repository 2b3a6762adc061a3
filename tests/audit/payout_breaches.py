"""Breaches in payouts, holds and adjustments."""

from __future__ import annotations

from tests.audit.breaches import UNKNOWN, Breach, posting

PAYOUT = (
    "INSERT INTO payout (id, settlement_id, merchant_id, amount_fen, state, made_at)"
    " VALUES ('pay_breach', :settlement_1, :merchant, {fen}, '{state}', 0)"
)

PAYOUTS = (
    Breach(
        "money goes on hold for no case",
        posting("campaign", "payable", "held", 1, ":merchant"),
        {"I8 what is on hold": "merchant"} | UNKNOWN,
    ),
    Breach(
        "a payout asks for more than was settled",
        PAYOUT.format(fen=10**12, state="void"),
        {"I8 payouts ask": "merchant"},
    ),
    Breach(
        "a payout is called paid and nothing was sent",
        PAYOUT.format(fen=1, state="paid"),
        {"I9 a payout has": "word_pay_breach"},
    ),
    Breach(
        "a case was decided by who opened it",
        "INSERT INTO hold_case (id, campaign_id, merchant_id, rule, figures, reason, state, opened_by, opened_at,"
        " decided_by, decided_at) SELECT 'hld_breach', campaign_id, :merchant, 'review', '', '', 'released', opener_id,"
        " 0, opener_id, 0 FROM settlement_batch WHERE id = :settlement_1",
        {"I18 approver ≠ author of a hold": "word_hld_breach"},
    ),
)
