"""What citizens are told about what happened to them. What each kind says stands in `notices.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.domain import instants, webhook
from app.domain.instants import DAY_MS
from app.domain.money import yuan

LANGUAGES = ("zh-CN", "en")
REMIND_MS = 3 * DAY_MS  # before a voucher lapses
# Who claimed within the last day has just been told until when.
FRESH_MS = DAY_MS
KEEP_MS = 400 * DAY_MS
MOST_FAILURES = 10
DIGITS = 16
NAME = rf"ntc_[0-9]{{{DIGITS}}}_[0-9]{{1,12}}"
SAID: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("notices.toml").read_text(encoding="utf-8")
)


class Kind(StrEnum):
    """What a notice is about. Never renamed: rows and gateways know them."""

    CLAIMED = "claimed"
    WON = "won"
    LOST = "lost"
    REDEEMED = "redeemed"
    REFUNDED = "refunded"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def name_of(event_no: int, person_no: int) -> str:
    """`ntc_0000000000000042_0`: the one name of a notice, the same however often it is made or sent.

    `person_no` tells the persons of one event apart: 0 where there is one, else the number of the registration.
    """
    return f"ntc_{event_no:0{DIGITS}d}_{person_no}"


def is_name(text: str) -> bool:
    """Whether this looks like the name of a notice."""
    return re.fullmatch(NAME, text) is not None


def event_no_of(name: str) -> int:
    """The number of the event in a name."""
    return int(name.split("_")[1])


def text(kind: str, language: str, facts: Mapping[str, Any]) -> str:
    """The sentence. Facts: amounts in fen end in `_fen`, the end of a validity is `valid_to` (epoch ms, exclusive)."""
    return SAID[kind][language].format_map({name: _shown(name, value) for name, value in facts.items()})


def _shown(name: str, value: Any) -> str:
    if name.endswith("_fen"):
        return yuan(value)
    if name == "valid_to":  # the last minute in which it is good
        return instants.iso(value - 1)[:16].replace("T", " ")
    return str(value)


def pause_ms(failures: int) -> int:
    """How long to wait after so many failures."""
    return webhook.pause_ms(failures)


def state_after(failures: int) -> str:
    """A message that nobody delivers for days is left; its notice stays in the list of the citizen."""
    return "pending" if failures < MOST_FAILURES else "failed"
