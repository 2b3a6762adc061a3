"""The chart of accounts: every kind of posting is classified."""

from __future__ import annotations

from app.domain import accounts


def test_every_kind_goes_between_accounts_that_are_there():
    """And never on the spot."""
    for kind, ways in accounts.KINDS.items():
        assert ways, kind
        assert all(debit != credit and {debit, credit} <= set(accounts.NAMES) for debit, credit in ways), kind


def test_every_kind_has_a_cause_for_each_account_it_changes():
    """The report of what is left can say why; a new kind that moves released money is classified in `RELEASED_BY`."""
    for kind, ways in accounts.KINDS.items():
        for account in {account for way in ways for account in way} - {accounts.TREASURY.name}:
            assert accounts.cause(account, kind) in accounts.CAUSES, f"{kind} changes {account}"
    assert set(accounts.RELEASED_BY) <= set(accounts.KINDS)
