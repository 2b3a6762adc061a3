"""Payouts: a file for the bank, its word taken once, refused lines tried again, and nothing paid twice."""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.merchants import Member, owner
from tests.kit.people import Batch, Shop
from tests.kit.problems import refused

FACE = 2_000


def paid_owner(here: Staffed) -> tuple[Member, Shop]:
    """A merchant whose bank account is verified, and its till."""
    boss = owner(here.zhao)
    (account,) = boss.get("/bank-accounts").body["items"]
    here.zhao.post(
        f"/bank-accounts/{account['account_id']}/verifications", {"reason": "与开户证明一致"}, expect=200
    )
    return boss, boss.shop()


def sell(here: Staffed, shop: Shop, batch: Batch, order_no: str | None = None) -> str:
    """One order of this shop with one voucher; its number."""
    citizen = here.citizen()
    answer = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], order_no)
    assert answer.status == 201, answer.body
    return str(answer.body["order_no"])


def approved(here: Staffed, batch: Batch) -> str:
    """A settlement up to now, approved by the second person."""
    here.town.advance(1_000)
    found = here.zhao.settled(batch.campaign_id, here.town.now())
    path = f"/settlements/{found['settlement_id']}"
    here.qian.post(f"{path}/approvals", {"reason": "账实相符"}, expect=200)
    return path


def pay(here: Staffed, path: str) -> dict[str, Any]:
    """Hand to the bank what may be paid."""
    made: dict[str, Any] = here.zhao.post(f"{path}/payouts", {}, expect=201)
    return made


def lines(here: Staffed, made: dict[str, Any]) -> tuple[bytes, list[dict[str, str]]]:
    """The file for the bank: its bytes and its lines."""
    content = here.zhao.door.get(f"/organizer/v1/payout-files/{made['file']['file_id']}", expect=200).body
    return content, list(csv.DictReader(io.StringIO(content.decode())))


def say(here: Staffed, *results: dict[str, Any]) -> list[str]:
    """What the bank says, and what each line of it did."""
    items = here.zhao.post("/payout-results", {"results": list(results)}, expect=200)["items"]
    return [item["result"] for item in items]


def word(line: dict[str, str], outcome: str, **more: Any) -> dict[str, Any]:
    """The bank's word on one line."""
    reference = {"reference": f"ICBC-{line['bank_key']}"} if outcome == "paid" else {"reason": "户名不符"}
    amount_fen = round(float(line["amount"]) * 100)
    return {"bank_key": line["bank_key"], "outcome": outcome, "amount_fen": amount_fen, **reference, **more}


def shown(here: Staffed, path: str) -> dict[str, dict[str, Any]]:
    """The batch's lines by merchant."""
    return {line["merchant_id"]: line for line in here.zhao.get(path)["lines"]}


@pytest.mark.case(38)
def test_case_38_a_refused_line_is_paid_later_and_nothing_twice(here: Staffed):
    """The file's hash; a refusal, the second attempt, everything said twice; each redemption shows its reference."""
    batch, (one, till), (two, other) = here.batch(), paid_owner(here), paid_owner(here)
    order, _, third = sell(here, till, batch), sell(here, other, batch), sell(here, other, batch)
    path = approved(here, batch)
    frozen = here.zhao.get(path)["lines_sha256"]
    made = pay(here, path)
    content, asked = lines(here, made)
    assert sha256(content).hexdigest() == made["file"]["sha256"] and lines(here, made)[0] == content
    assert sorted(line["amount"] for line in asked) == ["20.00", "40.00"]
    assert pay(here, path)["file"] is None, "what the bank may still execute is not asked for again"
    small, large = sorted(asked, key=lambda line: float(line["amount"]))
    answers = [word(small, "refused"), word(large, "unknown"), word(large, "paid")]
    assert say(here, *answers) == ["applied"] * 3
    assert say(here, *answers) == ["repeated"] * 3
    assert (
        say(here, word(large, "refused"), word(small, "paid"), word(large, "paid", amount_fen=1))
        == ["contradicts"] * 3
    )
    assert say(here, word({**small, "bank_key": "NOBODY"}, "paid")) == ["unknown_key"]
    assert {line["payout"] for line in shown(here, path).values()} == {"refused", "paid"}
    assert here.zhao.get(path)["state"] == "paying"
    again = pay(here, path)
    (retry,) = lines(here, again)[1]
    assert retry["amount"] == "20.00" and retry["bank_key"] != small["bank_key"]
    assert say(here, word(retry, "paid")) == ["applied"]
    found = here.zhao.get(path)
    assert (found["state"], found["lines_sha256"]) == ("paid", frozen)
    items = {item["merchant_id"]: item for item in here.zhao.get(f"{path}/payouts")["items"]}
    assert [each["state"] for each in items[one.me["merchant_id"]]["attempts"]] == ["refused", "paid"]
    said = items[two.me["merchant_id"]]["attempts"][0]["answers"]
    assert sorted(each["result"] for each in said) == ["applied", "applied", "contradicts", "contradicts"]
    with pytest.raises(DBAPIError, match="payout_answer is append-only"):
        here.town.execute("DELETE FROM payout_answer")
    assert balances(here, batch) == {"paid": 3 * FACE}
    for shop, number, line in ((till, order, retry), (other, third, large)):
        (listed,) = [item for item in shop.till.listing().body["items"] if item["order_no"] == number]
        (payout,) = listed["payouts"]
        assert (payout["payout"], payout["bank_reference"]) == ("paid", f"ICBC-{line['bank_key']}")


def balances(here: Staffed, batch: Batch) -> dict[str, int]:
    """What the books say of this campaign's merchants."""
    rows = here.town.rows(
        "SELECT account, SUM(fen) AS fen FROM (SELECT credit AS account, amount_fen AS fen FROM transfer"
        " WHERE campaign_id = :c UNION ALL SELECT debit, -amount_fen FROM transfer WHERE campaign_id = :c) AS sides"
        " WHERE account IN ('payable', 'held', 'paying', 'paid') GROUP BY account",
        c=batch.campaign_id,
    )
    return {row["account"]: int(row["fen"]) for row in rows if row["fen"]}


@pytest.mark.case(35)
def test_case_35_a_refund_after_the_payout_is_carried_until_it_is_earned_again(here: Staffed):
    """Paid, refunded: nothing is due while it is below zero; the next payout is less by it; what is closed stays."""
    batch, (_, till) = here.batch(), paid_owner(here)
    order = sell(here, till, batch)
    march = approved(here, batch)
    (line,) = lines(here, pay(here, march))[1]
    assert say(here, word(line, "paid")) == ["applied"]
    closed = here.zhao.get(march)
    assert till.reverse(order).status == 201
    april = approved(here, batch)
    (minus,) = shown(here, april).values()
    assert (minus["net_fen"], minus["payout"]) == (-FACE, "none")
    assert pay(here, april)["file"] is None and here.zhao.get(april)["state"] == "paid"
    for _ in range(2):
        sell(here, till, batch)
    may = approved(here, batch)
    (rest,) = lines(here, pay(here, may))[1]
    assert rest["amount"] == "20.00", "two sold, one of the first month brought back"
    assert say(here, word(rest, "paid")) == ["applied"]
    assert here.zhao.get(march) == closed
    assert balances(here, batch) == {"paid": 2 * FACE}


def test_who_has_no_verified_account_waits_and_is_paid_by_a_later_payout(here: Staffed):
    """The cooling period holds the payout; afterwards the next batch pays both, each redemption by its reference."""
    batch, (boss, till) = here.batch(), paid_owner(here)
    sell(here, till, batch)
    other = {"bank_name": "徽商银行", "account_name": "慕容家小吃店", "account_number": "340500002222"}
    changed = boss.post("/bank-accounts", other, expect=201).body
    here.zhao.post(f"/bank-accounts/{changed['account_id']}/verifications", {"reason": "核对"}, expect=200)
    march = approved(here, batch)
    made = pay(here, march)
    assert made["file"] is None
    assert [(each["amount_fen"], each["hold_reason"]) for each in made["held"]] == [(FACE, "bank_cooling")]
    assert here.zhao.get(march)["state"] == "paying"
    here.town.advance(73 * 3_600_000)
    (line,) = lines(here, pay(here, march))[1]
    assert (line["account_number"], line["amount"]) == ("340500002222", "20.00")


def test_only_approved_batches_are_paid_and_in_their_order(here: Staffed):
    """A draft is no order to the bank; a later batch is not approved before an earlier one."""
    batch, (_, till) = here.batch(), paid_owner(here)
    sell(here, till, batch)
    here.town.advance(1_000)
    first = here.zhao.settled(batch.campaign_id, here.town.now())["settlement_id"]
    sell(here, till, batch)
    here.town.advance(1_000)
    second = here.zhao.settled(batch.campaign_id, here.town.now())["settlement_id"]

    def post(settlement_id: str, act: str, body: Any) -> Reply:
        return here.qian.door.post(f"/organizer/v1/settlements/{settlement_id}/{act}", body)

    refused(post(first, "payouts", {}), 409, "wrong_state")
    refused(post(second, "approvals", {"reason": "核对"}), 409, "wrong_state")
    for settlement_id in (first, second):
        assert post(settlement_id, "approvals", {"reason": "核对"}).status == 200
    made = post(second, "payouts", {}).body
    assert made["file"]["total_fen"] == 2 * FACE, "what was approved before is covered too"
    assert post(first, "payouts", {}).body["file"] is None
