"""Ways to break the promises of the feed."""

from __future__ import annotations

from tests.audit.breaches import Breach

FEED = (
    Breach(
        "an event disappeared",
        "DELETE FROM event WHERE no = 2",
        {"I14 what was told is published": "word_1", "I16 each seal": "word_event"},
    ),
    Breach(
        "somebody is not told what happened",
        "DELETE FROM notice WHERE kind = 'redeemed' AND citizen_id = :zhang",
        {"I14 who is concerned": "redemption_zhang"},
    ),
    Breach(
        "somebody is told what happened to another",
        "UPDATE notice SET citizen_id = :li WHERE kind = 'redeemed' AND citizen_id = :zhang",
        {"I14 who is concerned": "redemption_zhang"},
    ),
    Breach(
        "what was told is never published",
        "INSERT INTO outbox (id, kind, refs, at) VALUES (9, 'voucher.claimed', '[]', 0)",
        {"I14 no outbox row": "word_voucher.claimed"},
    ),
)
