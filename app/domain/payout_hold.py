"""Whether a merchant may be paid, by its bank account: verified, and not changed a moment ago."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class AccountState(StrEnum):
    """Stored states of one version; `replaced` by a newer version before anybody had verified it."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"
    REPLACED = "replaced"


class HoldReason(StrEnum):
    """Why a payout waits."""

    BANK_MISSING = "bank_missing"
    BANK_UNVERIFIED = "bank_unverified"
    BANK_COOLING = "bank_cooling"


@dataclass(frozen=True)
class AccountVersion:
    """One version of a merchant's bank account; `changed_at` (epoch ms) is when it was handed in."""

    version: int
    state: AccountState
    changed_at: int


@dataclass(frozen=True)
class Hold:
    """Why a payout waits, and until when (epoch ms) if the clock alone ends it."""

    reason: HoldReason
    until: int | None = None


def hold(versions: Iterable[AccountVersion], now: int, cooling_ms: int) -> Hold | None:
    """What keeps this merchant from being paid, None if nothing does.

    A change holds for the whole cooling period, also when it is verified sooner: whoever stole a login must wait, and
    the merchant hears of it meanwhile. A refused change is as if it had never been.
    """
    standing = [each for each in versions if each.state in (AccountState.PENDING, AccountState.VERIFIED)]
    if not standing:
        return Hold(HoldReason.BANK_MISSING)
    latest = max(standing, key=lambda each: each.version)
    if latest.version > 1 and now < latest.changed_at + cooling_ms:
        return Hold(HoldReason.BANK_COOLING, latest.changed_at + cooling_ms)
    return None if latest.state is AccountState.VERIFIED else Hold(HoldReason.BANK_UNVERIFIED)
