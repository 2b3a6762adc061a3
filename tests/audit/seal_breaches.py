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
        "a seal is of another day",
        "UPDATE seal SET day = '2001-01-01' WHERE scope = :campaign",
        {"I16 each seal": "campaign"},
    ),
)
