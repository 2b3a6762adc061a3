"""What a rule wrote down is read as a sentence at the console, in the reader's language."""

from __future__ import annotations

import pytest
from flask import Flask

from app.domain.cash_out import RULES, Purchase
from app.domain.instants import HOUR_MS
from campaigns.console.holds import plain

TWO_AT_NIGHT = 18 * HOUR_MS  # in Shanghai


def purchases() -> list[Purchase]:
    """What every rule has something to say about."""
    return [
        Purchase(f"rdl_{each}", "sto_1", "trm_1", f"ctz_{each % 5}", 10_000, 10_000, TWO_AT_NIGHT + each)
        for each in range(20)
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_is_understood(scratch: Flask, rule):
    """Its evidence and its figures; a rule whose words changed is found here."""
    sign = rule(purchases())
    for said in (sign.figures, next(iter(sign.evidence.values()))):
        with scratch.test_request_context("/console/holds?lang=en"):
            english = plain(said)
        with scratch.test_request_context("/console/holds?lang=zh"):
            chinese = plain(said)
        assert said not in (english, chinese)
        assert english.isascii() or "¥" in english
        assert not chinese.isascii()


def test_a_persons_words_stay_as_they_are(scratch: Flask):
    """Nothing is guessed."""
    with scratch.test_request_context("/console/holds"):
        assert plain("票据存疑, order 5") == "票据存疑, order 5"
