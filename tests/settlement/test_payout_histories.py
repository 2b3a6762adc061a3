"""Histories of redemptions, refunds, settlements and a bank with bad habits: nothing twice, everything in the end.

`make payout-histories HISTORIES=1000` lives through many more.
"""

from __future__ import annotations

import os
import random
import sys

from flask import Flask
from sqlalchemy import text

from app import sql
from app.cli.audit_checks import CHECKS
from tests.kit.bank import Bank
from tests.settlement.ledger_town import Town, staff

HISTORIES = int(os.environ.get("HISTORIES", "25"))
SEED = int(os.environ.get("SEED", "1"))
MONTHS, MOST_ROUNDS = 4, 60


def lived(people: list[str], seed: int) -> tuple[Town, Bank]:
    """Some months: sales, a settlement, payouts, whatever the bank says, settlements of old months paid again."""
    chance = random.Random(seed)
    town, bank = Town(people, chance.randint(1, 3), chance), Bank(seed)
    for _ in range(MONTHS):
        town.live()
        settlement_id = town.settle()
        for paid in chance.sample([*town.settlements, settlement_id], 2 if len(town.settlements) > 1 else 1):
            bank.take(town.pay(paid))
        town.hear(bank.mail())
        if chance.random() < 0.3:
            town.hear(bank.ask(town.questions()))
    return town, bank


def finish(town: Town, bank: Bank) -> None:
    """Ask and pay until the bank has nothing more to say and the books nothing more to pay."""
    town.settle()
    for _ in range(MOST_ROUNDS):
        sent = [line for settlement_id in town.settlements for line in town.pay(settlement_id)]
        bank.take(sent)
        said = bank.mail()
        town.hear(said)
        questions = town.questions()
        town.hear(bank.ask(questions))
        if not sent and not said and not questions:
            return
    raise AssertionError("the bank never ends")


def test_nothing_is_paid_twice_and_everything_in_the_end(scratch: Flask):
    """Per merchant what the bank really paid = what the books call paid = what was earned, unless that is below it."""
    with scratch.test_request_context():
        people = staff()
        for number in range(HISTORIES):
            town, bank = lived(people, SEED * 1_000_000 + number)
            finish(town, bank)
            assert town.balance("paying") == {}, number
            paid = town.balance("paid")
            assert sum(paid.values()) == sum(bank.paid.values()), f"seed {SEED}, history {number}"
            for merchant_id in town.merchants:
                owed = town.balance("payable").get(merchant_id, 0)
                assert owed <= 0, f"history {number}: {owed} fen were never paid"
                assert paid.get(merchant_id, 0) + owed == town.earned[merchant_id], number
            sys.stderr.write(f"\r{number + 1}/{HISTORIES} histories")
        with sql.snapshot() as session:
            broken = {
                check.promise: rows
                for check in CHECKS
                if check.number == "I9"
                if (rows := session.execute(text(check.query)).mappings().fetchmany(3))
            }
        assert broken == {}
