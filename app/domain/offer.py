"""How a batch stands to one citizen: what the one button on its page may say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.campaign import State


class Standing(StrEnum):
    """From the point of view of one person, at one instant."""

    OPEN = "open"  # claim now, or register now where a lottery decides
    COMING = "coming"
    REGISTERED = "registered"  # the draw is still to come
    SOLD_OUT = "sold_out"
    PAUSED = "paused"
    MINE = "mine"  # holds as many as one person may, or won
    NOT_WON = "not_won"
    NAMED = "named"  # issued to people on a list, nothing to press
    ENDED = "ended"


@dataclass(frozen=True)
class Seen:
    """What of a batch and of a person decides. Instants are epoch ms, the window is half-open."""

    mode: str
    campaign: State
    claim_from: int
    claim_to: int
    remaining: int
    limit: int
    held: int = 0
    registration: str | None = None  # waiting, won, not_won


_OF_REGISTRATION = {"waiting": Standing.REGISTERED, "won": Standing.MINE, "not_won": Standing.NOT_WON}


def standing(seen: Seen, now: int) -> Standing:
    """How it stands. What the person has comes first, then what the organizer did, then the clock, then the stock."""
    if seen.registration is not None:
        return _OF_REGISTRATION[seen.registration]
    if seen.held >= (seen.limit if seen.mode == "first_come" else 1):
        return Standing.MINE
    if seen.campaign in (State.CLOSED, State.SETTLED) or now >= seen.claim_to:
        return Standing.ENDED
    if seen.campaign is State.PAUSED:
        return Standing.PAUSED
    if seen.mode == "targeted":
        return Standing.NAMED
    if now < seen.claim_from:
        return Standing.COMING
    is_gone = seen.mode == "first_come" and seen.remaining <= 0
    return Standing.SOLD_OUT if is_gone else Standing.OPEN
