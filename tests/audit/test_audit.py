"""The audit finds what was done behind the platform's back: exactly the promise that was broken, with its row."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.cli.audit_checks import CHECKS
from app.gate import keys
from tests.audit import (
    breaches,
    feed_breaches,
    lottery_breaches,
    money_breaches,
    paper_breaches,
    payout_breaches,
    seal_breaches,
)
from tests.audit.breaches import Breach
from tests.audit.conftest import Books

BREACHES = (
    *breaches.CLAIMS,
    *breaches.REDEMPTIONS,
    *breaches.CODES,
    *breaches.RULES,
    *money_breaches.MONEY,
    *money_breaches.SETTLEMENTS,
    *money_breaches.ANSWERS,
    *paper_breaches.PAPER,
    *payout_breaches.PAYOUTS,
    *lottery_breaches.LOTTERIES,
    *seal_breaches.SEALS,
    *feed_breaches.FEED,
)
GATE = "I13 gate stock"
COLUMN = {"settlement_line": "merchant_id", "seal": "number", "audit_link": "number"}
APPEND_ONLY = ("transfer", "audit_log", *COLUMN)


def named(books: Books, name: str) -> str:
    """The id behind a name of the history, or the word itself."""
    return name.removeprefix("word_") if name.startswith("word_") else books.names[name]


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.what)
def test_a_breach_is_found_with_its_row(breach: Breach, books: Books, monkeypatch: pytest.MonkeyPatch):
    """Exactly the broken promises are named, each with the offending row."""
    with books.bare.connect() as connection, connection.begin() as planted:
        wanted = {name: value for name, value in books.names.items() if f":{name}" in breach.sql}
        assert connection.execute(text(breach.sql), wanted).rowcount > 0, "nothing was planted"
        found = books.broken(connection, monkeypatch)
        planted.rollback()
    begun = {promise: start for promise in found for start in breach.broken if promise.startswith(start)}
    assert set(found) == set(begun), f"found too much: {found}"
    assert set(begun.values()) == set(breach.broken), f"not found: {set(breach.broken) - set(begun.values())}"
    for promise, start in begun.items():
        assert named(books, breach.broken[start]) in found[promise]


def test_what_really_happened_breaks_nothing(books: Books, monkeypatch: pytest.MonkeyPatch):
    """A claim, a hold, a redemption, a reversal, a refund, two settlements, a forfeit and a forged code: no finding."""
    with books.bare.connect() as connection:
        assert books.broken(connection, monkeypatch) == {}


def test_a_gate_that_counts_wrong_is_found(books: Books, monkeypatch: pytest.MonkeyPatch):
    """One unit too many in Redis, at the same epoch."""
    gate, client = keys.gate(books.names["batch"]), books.redis.client()
    with books.bare.connect() as connection:
        client.hincrby(gate, "stock", 1)
        try:
            found = books.broken(connection, monkeypatch)
        finally:
            client.hincrby(gate, "stock", -1)
    (promise,) = found
    assert promise.startswith(GATE) and books.names["batch"] in found[promise]


def test_every_promise_has_its_breach():
    """A check that nothing can break proves nothing."""
    promises = {f"{check.number} {check.promise}" for check in CHECKS}
    planted = {start for breach in BREACHES for start in breach.broken}
    assert [promise for promise in promises if not promise.startswith(tuple(planted))] == []


def test_the_command_is_clean_and_exits_0(books: Books):
    """On the town's own database."""
    done = books.town.flask("audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("clean") and done.stdout.count("✓") == len(CHECKS) + 8


def test_the_command_exits_1_and_prints_the_row(books: Books):
    """A redemption altered by one fen behind the platform's back."""
    alter = (
        "UPDATE redemption SET used_fen = used_fen + :fen, customer_pays_fen = customer_pays_fen - :fen"
        " WHERE id = :id"
    )
    redemption = books.names["redemption_zhang"]
    books.town.execute(alter, fen=1, id=redemption)
    try:
        done = books.town.flask("audit")
    finally:
        books.town.execute(alter, fen=-1, id=redemption)
    lines = done.stdout.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("✗")]
    assert done.returncode == 1 and lines[-1].endswith("1 promises broken")
    assert lines[at].startswith("✗ I12") and redemption in lines[at + 1]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_money_and_the_trail_are_only_ever_added_to(table: str, act: str, books: Books):
    """The database itself refuses to change or remove a row, also for whoever holds its password."""
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        books.town.execute(act.format(table, COLUMN.get(table, "id")))
