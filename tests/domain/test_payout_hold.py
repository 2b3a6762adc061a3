"""Whether a merchant may be paid, by its bank account."""

from __future__ import annotations

import pytest

from app.domain.payout_hold import AccountState, AccountVersion, Hold, HoldReason, hold

COOLING, T = 72 * 3_600_000, 1_795_000_000_000
PENDING, VERIFIED = AccountState.PENDING, AccountState.VERIFIED
REFUSED, REPLACED = AccountState.REFUSED, AccountState.REPLACED
FIRST = AccountVersion(1, VERIFIED, T - 10 * COOLING)
COOLS = Hold(HoldReason.BANK_COOLING, T + COOLING)
UNVERIFIED = Hold(HoldReason.BANK_UNVERIFIED)


def changed(state: AccountState, version: int = 2) -> AccountVersion:
    """The account was changed at T."""
    return AccountVersion(version, state, T)


@pytest.mark.parametrize(
    ("versions", "after_ms", "expected"),
    [
        ([], 0, Hold(HoldReason.BANK_MISSING)),
        ([AccountVersion(1, REFUSED, T)], 0, Hold(HoldReason.BANK_MISSING)),
        ([AccountVersion(1, PENDING, T)], 0, UNVERIFIED),
        ([AccountVersion(1, PENDING, T)], 10 * COOLING, UNVERIFIED),
        ([AccountVersion(1, VERIFIED, T)], 0, None),
        ([FIRST, changed(PENDING)], 0, COOLS),
        ([FIRST, changed(PENDING)], COOLING - 1, COOLS),
        ([FIRST, changed(PENDING)], COOLING, UNVERIFIED),
        ([FIRST, changed(VERIFIED)], COOLING - 1, COOLS),
        ([FIRST, changed(VERIFIED)], COOLING, None),
        ([FIRST, changed(REFUSED)], 0, None),
        ([FIRST, changed(REPLACED), changed(REFUSED, 3)], 0, None),
        ([FIRST, changed(REPLACED), changed(PENDING, 3)], 0, COOLS),
        ([changed(VERIFIED), FIRST], 0, COOLS),
    ],
)
def test_a_hold_by_versions_and_clock(versions: list[AccountVersion], after_ms: int, expected: Hold | None):
    """A change cools whether it is verified or not; the first account of a merchant is no change."""
    assert hold(versions, T + after_ms, COOLING) == expected
