"""Breaches in what was sealed: the audit trail, its chain, the seals."""

from __future__ import annotations

from tests.audit.breaches import Breach

SEALS = (
    Breach(
        "an entry of the trail tells another reason",
        "UPDATE audit_log SET reason = '补充' WHERE id = :entry",
        {"I16 no entry": "entry"},
    ),
    Breach(
        "an entry of the trail was by somebody else",
        "UPDATE audit_log SET actor_id = 'stf_nobody' WHERE id = :entry",
        {"I16 no entry": "entry"},
    ),
    Breach(
        "an entry of the trail disappears",
        "DELETE FROM audit_log WHERE id = :entry",
        {"I16 no entry": "entry"},
    ),
    Breach(
        "a link is computed anew",
        "UPDATE audit_link SET sha256 = '0' WHERE entry_id = :entry",
        {"I16 no entry": "entry", "I16 each seal": "word_audit_log"},
    ),
    Breach(
        "a link disappears",
        "DELETE FROM audit_link WHERE entry_id = :entry",
        {"I16 no entry": "word_link missing", "I16 each seal": "word_audit_log"},
    ),
    Breach(
        "a seal is set anew",
        "UPDATE seal SET sha256 = '0' WHERE scope = :campaign",
        {"I16 each seal": "campaign"},
    ),
    Breach(
        "a seal disappears",
        "DELETE FROM seal WHERE scope = :campaign",
        {"I16 each seal": "word_seal missing"},
    ),
    Breach(
        "a claim is posted at another time",
        "UPDATE transfer SET posted_at = posted_at - 1 WHERE kind = 'claim' AND ref = :voucher_li",
        {"I16 each seal": "word_event"},
    ),
    Breach(
        "a claim is posted with a fen less",
        "UPDATE transfer SET amount_fen = amount_fen - 1 WHERE kind = 'claim' AND ref = :voucher_li",
        {"I7 balance": "campaign", "I16 each seal": "word_event"},
    ),
    Breach(
        "a forfeit is posted anew",
        "UPDATE transfer SET id = 'tfr_breach' WHERE kind = 'forfeit'"
        " AND ref IN (SELECT l.id FROM redemption_line l WHERE l.redemption_id = :redemption_zhou)",
        {"I16 each seal": "word_event"},
    ),
    Breach(
        "an event tells another amount",
        "UPDATE event SET body = REPLACE(body, '2000', '2001') WHERE ref = :voucher_li",
        {"I16 each seal": "word_event"},
    ),
    Breach(
        "a seal is of another day",
        "UPDATE seal SET day = '2001-01-01' WHERE scope = :campaign",
        {"I16 each seal": "campaign"},
    ),
)
