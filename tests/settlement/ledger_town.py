"""A campaign whose redemptions are postings: for histories of settlements and payouts, inside the test's process."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from sqlalchemy import insert, text

from app import clock, sql
from app.domain import sheets
from app.domain.payout import Answer
from app.domain.payout_hold import AccountState
from app.ids import new_id
from app.merchants import bank
from app.models import Campaign, Merchant, PostingClock, Staff
from app.vouchers.ledger import Transfer, post
from campaigns import settlement
from campaigns.payouts import bank_file, make, results

ACCOUNT = {"bank_name": "徽商银行", "account_name": "慕容家小吃店", "account_number": "340500001111"}
BALANCES = text(
    "SELECT merchant_id, CAST(SUM(CASE WHEN credit = :account THEN amount_fen ELSE -amount_fen END) AS BIGINT) AS fen"
    " FROM transfer WHERE campaign_id = :campaign_id AND :account IN (credit, debit) GROUP BY merchant_id"
)


def staff() -> list[str]:
    """Two persons."""
    people = [
        {
            "id": new_id("stf"),
            "login": new_id("login"),
            "name": name,
            "role": "finance",
            "password_hash": "-",
            "status": "active",
            "failures": 0,
            "locked_until": 0,
            "created_at": 0,
        }
        for name in ("赵财务", "钱审核")
    ]
    sql.write(lambda session: session.execute(insert(Staff), people))
    return [str(person["id"]) for person in people]


class Town:
    """One campaign, some merchants, and what each has earned so far."""

    def __init__(self, people: list[str], merchants: int, chance: random.Random) -> None:
        self.people, self.chance = people, chance
        self.earned: Counter[str] = Counter()
        self.redeemed: list[tuple[str, str, int]] = []
        self.campaign_id = new_id("cmp")
        self.merchants = [new_id("mer") for _ in range(merchants)]
        self.settlements: list[str] = []
        sql.write(self._found)
        for merchant_id in self.merchants:
            self.verify(self.change_account(merchant_id))

    def _found(self, session: Any) -> None:
        author, approver = self.people
        campaign = {
            "id": self.campaign_id,
            "name": "活动",
            "is_test": False,
            "state": "approved",
            "budget_fen": 10**9,
            "allotted_fen": 0,
            "author_id": author,
            "approver_id": approver,
            "created_at": 0,
        }
        session.execute(insert(Campaign), [campaign])
        session.execute(insert(PostingClock), [{"campaign_id": self.campaign_id, "last_no": 0, "last_at": 0}])
        shops = [
            {"id": each, "name": "小吃", "status": "active", "category": "", "created_at": 0}
            for each in self.merchants
        ]
        session.execute(insert(Merchant), shops)

    def change_account(self, merchant_id: str) -> str:
        """Hand in a bank account, to be verified."""
        return str(sql.write(lambda session: bank.hand_in(session, merchant_id, ACCOUNT)).object_id)

    def verify(self, account_id: str) -> None:
        """Somebody has compared it with the documents."""
        sql.write(
            lambda session: bank.decide(session, account_id, AccountState.VERIFIED, self.people[0], "ok")
        )

    def live(self) -> None:
        """Some redemptions, and now and then one brought back, settled long ago or not."""
        for _ in range(self.chance.randint(1, 4)):
            line = (new_id("rdl"), self.chance.choice(self.merchants), self.chance.randint(1, 5_000))
            self._post("redeem", *line)
            self.redeemed.append(line)
        if self.chance.random() < 0.5:
            self._post("reverse", *self.redeemed.pop(self.chance.randrange(len(self.redeemed))))

    def _post(self, kind: str, ref: str, merchant_id: str, fen: int) -> None:
        sides = ("issued", "payable") if kind == "redeem" else ("payable", "released")
        self.earned[merchant_id] += fen if kind == "redeem" else -fen
        posting = Transfer(self.campaign_id, kind, ref, *sides, fen, merchant_id)
        sql.write(lambda session: post(session, [posting], clock.database_now(session)))

    def post_at(self, at: int) -> None:
        """A posting of this instant (epoch ms), not before the last one."""
        posting = Transfer(
            self.campaign_id, "redeem", new_id("rdl"), "issued", "payable", 1, self.merchants[0]
        )
        sql.write(lambda session: post(session, [posting], at))

    def settle(self) -> str:
        """Close, compute, approve."""
        opener, approver = self.people
        cutoff = sql.write(clock.database_now)
        opened = sql.write(lambda session: settlement.open_batch(session, self.campaign_id, cutoff, opener))
        settlement_id = str(opened.object_id)
        settlement.compute(settlement_id)
        if settlement_id not in self.settlements:
            sql.write(lambda session: settlement.approve(session, settlement_id, approver))
            self.settlements.append(settlement_id)
        return settlement_id

    def pay(self, settlement_id: str) -> list[dict[str, str]]:
        """The lines of the file for the bank, none where nothing is due."""
        made = sql.write(lambda session: make.make(session, settlement_id, self.people[0])).body["file"]
        if made is None:
            return []
        with sql.reading() as session:
            content = bank_file.content(session, made["file_id"])
        assert sheets.digest(content) == made["sha256"]
        header, *rows = content.decode().split()
        return [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]

    def hear(self, answers: list[Answer]) -> None:
        """What the bank says."""
        if answers:
            sql.write(lambda session: results.hear(session, answers))

    def questions(self) -> list[str]:
        """What the bank has to be asked about."""
        query = text(
            "SELECT a.bank_key FROM payout_attempt a JOIN payout p ON p.id = a.payout_id"
            " JOIN settlement_batch s ON s.id = p.settlement_id"
            " WHERE s.campaign_id = :c AND a.state IN ('sent', 'unknown') ORDER BY a.bank_key"
        )
        with sql.reading() as session:
            return list(session.scalars(query, {"c": self.campaign_id}))

    def balance(self, account: str) -> dict[str, int]:
        """By merchant, in fen, without zeros."""
        values = {"campaign_id": self.campaign_id, "account": account}
        with sql.reading() as session:
            return {row.merchant_id: row.fen for row in session.execute(BALANCES, values) if row.fen}
