"""The catalogue of refusals as the pages show it."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.refusals import Kind, Refusal
from app.errors import status_of

SAME_KEY = {
    Kind.AWAY: ("稍后用同一编号重试", "Not final: the same key again, later"),
    Kind.DECIDED: ("最终结果；下一次尝试换新编号", "Final: the next attempt takes a new key"),
    Kind.REQUEST: ("未受理；改正后可用同一编号", "Nothing was done: mend it, then the same key"),
}
OTHER_KEY = ("未受理；换一个编号", "Nothing was done: take another key")
NEEDS_ANOTHER = (Refusal.KEY_INVALID, Refusal.KEY_MISMATCH)


class Entry(NamedTuple):
    """A refusal with its HTTP status and whether its key may be used again, Chinese and English."""

    refusal: Refusal
    status: int
    key_zh: str
    key_en: str


def entries() -> list[Entry]:
    """Every refusal; those that a till can get stand first."""
    first = sorted(Refusal, key=lambda refusal: not refusal.is_at_the_till)
    return [Entry(refusal, status_of(refusal), *_same_key(refusal)) for refusal in first]


def at_the_till() -> dict[str, list[Refusal]]:
    """What a till can get, by what it may conclude: `request`, `turned away`, `decided`."""
    return {
        kind.value: [refusal for refusal in Refusal if refusal.is_at_the_till and refusal.kind is kind]
        for kind in Kind
    }


def _same_key(refusal: Refusal) -> tuple[str, str]:
    return OTHER_KEY if refusal in NEEDS_ANOTHER else SAME_KEY[refusal.kind]
