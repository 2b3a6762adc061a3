"""Make the payouts of an approved batch: what is due, who must wait, and one file for the bank.

A payout asks for what its merchant earned up to this batch, less what payouts ask for already, and never for more than
the books owe (ADR 27). While the bank may still execute an attempt there is no second one: a unique index says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import settlement as rules
from app.domain import sheets
from app.domain.accounts import way
from app.domain.instants import DAY_MS
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.ids import new_id
from app.merchants import bank
from app.models import BankAccount, Payout, PayoutAttempt, PayoutFile, SettlementBatch
from app.vouchers.ledger import Transfer, post
from campaigns.payouts import bank_file
from campaigns.rollups import sources
from campaigns.settlement import find_settlement

# All that pays out money of a campaign goes by its first batch, one after the other: sums are read and then relied on.
TURNSTILE = text(
    "UPDATE settlement_batch SET lease_epoch = lease_epoch WHERE campaign_id = :campaign_id AND number = 1"
)
EARNED = text(
    "SELECT l.merchant_id, CAST(SUM(l.net_fen) AS BIGINT) AS earned_fen,"
    " (SELECT CAST(COALESCE(SUM(p.amount_fen), 0) AS BIGINT) FROM payout p"
    "  JOIN settlement_batch b ON b.id = p.settlement_id AND b.campaign_id = :campaign_id"
    "  WHERE p.merchant_id = l.merchant_id) AS covered_fen,"
    " (SELECT CAST(COALESCE(SUM(p.amount_fen), 0) AS BIGINT) FROM payout p"
    "  JOIN settlement_batch b ON b.id = p.settlement_id AND b.campaign_id = :campaign_id"
    "  WHERE p.merchant_id = l.merchant_id AND p.state = 'refused') AS refused_fen"
    " FROM settlement_line l JOIN settlement_batch s ON s.id = l.settlement_id"
    " WHERE s.campaign_id = :campaign_id AND s.number <= :number GROUP BY l.merchant_id ORDER BY l.merchant_id"
)
PAYABLE = text(
    f"SELECT merchant_id, CAST(SUM({sources.GAINED}) AS BIGINT) AS fen FROM transfer t"
    " WHERE campaign_id = :campaign_id AND posting_no IS NOT NULL GROUP BY merchant_id"
)
# Only the bank's refusal makes room for the next attempt; its unique index says the same.
AGAIN = text(
    "UPDATE payout SET state = :state, amount_fen = :amount_fen WHERE id = :id AND state = 'refused'"
)
# Paid, when every payout of the batch is and nobody whose line it is still waits for one.
SETTLE = text(
    "UPDATE settlement_batch SET state = CASE WHEN EXISTS (SELECT 1 FROM payout p"
    " WHERE p.settlement_id = settlement_batch.id AND p.state IN ('paying', 'refused'))"
    " OR EXISTS (SELECT 1 FROM settlement_line l WHERE l.settlement_id = settlement_batch.id AND l.net_fen > 0"
    "  AND NOT EXISTS (SELECT 1 FROM payout p JOIN settlement_batch b ON b.id = p.settlement_id"
    "   WHERE p.merchant_id = l.merchant_id AND b.campaign_id = settlement_batch.campaign_id"
    "   AND b.number >= settlement_batch.number)) THEN 'paying' ELSE 'paid' END"
    " WHERE campaign_id = :campaign_id AND state IN ('paying', 'paid')"
)
BEGIN = text("UPDATE settlement_batch SET state = 'paying' WHERE id = :id AND state = 'approved'")
PAYABLE_STATES = ("approved", "paying", "paid")


@dataclass(frozen=True)
class Order:
    """One line for the bank: `payout_id` asks for `amount_fen`, into this account; `number` counts its attempts."""

    payout_id: str
    merchant_id: str
    amount_fen: int
    number: int
    account_id: str


def make(session: Session, settlement_id: str, actor_id: str) -> once.Answer:
    """Hand to the bank what of this batch may be paid now. Raises Refused: WRONG_STATE before its approval."""
    batch = find_settlement(session, settlement_id)
    session.execute(TURNSTILE, {"campaign_id": batch.campaign_id})
    session.refresh(batch)
    if batch.state not in PAYABLE_STATES:
        raise Refused(Refusal.WRONG_STATE, state=batch.state)
    payable = {
        row.merchant_id: row.fen for row in session.execute(PAYABLE, {"campaign_id": batch.campaign_id})
    }
    sums = session.execute(EARNED, {"campaign_id": batch.campaign_id, "number": batch.number}).all()
    accounts = _accounts(session, [row.merchant_id for row in sums])
    orders, held = _orders(session, batch, sums, payable, accounts)
    made = _send(session, batch, orders, actor_id) if orders else None
    session.execute(BEGIN, {"id": batch.id})
    session.execute(SETTLE, {"campaign_id": batch.campaign_id})
    body = {"settlement_id": batch.id, "file": made, "held": held}
    return once.Answer(201, body, made["file_id"] if made else batch.id)


def _accounts(session: Session, merchant_ids: Sequence[str]) -> dict[str, str]:
    """The newest verified version of each merchant."""
    wanted = select(BankAccount).where(
        BankAccount.merchant_id.in_(merchant_ids), BankAccount.state == "verified"
    )
    return {row.merchant_id: row.id for row in session.scalars(wanted.order_by(BankAccount.version))}


def _orders(
    session: Session,
    batch: SettlementBatch,
    sums: Sequence[Row[Any]],
    payable: dict[str, int],
    accounts: dict[str, str],
) -> tuple[list[Order], list[dict[str, Any]]]:
    """What is asked for, and whose money waits for its bank account."""
    known = _known(session, batch.id)
    holds = bank.holds(session, [row.merchant_id for row in sums])
    orders: list[Order] = []
    held: list[dict[str, Any]] = []
    for row in sums:
        asks = _asks(row, known.get(row.merchant_id), payable.get(row.merchant_id, 0))
        hold = holds[row.merchant_id]
        if asks is None or (hold is not None and asks <= 0):
            continue
        if hold is not None:
            held.append(
                {"merchant_id": row.merchant_id, "amount_fen": asks, "hold_reason": hold.reason.value}
            )
            continue
        found = known.get(row.merchant_id)
        payout_id = _again(session, found, asks) if found else _new(session, batch.id, row.merchant_id, asks)
        if payout_id:
            number = 1 + _attempts(session, payout_id)
            orders.append(Order(payout_id, row.merchant_id, asks, number, accounts[row.merchant_id]))
    return orders, held


def _known(session: Session, settlement_id: str) -> dict[str, Payout]:
    """The payouts that this batch has already, by merchant."""
    wanted = select(Payout).where(Payout.settlement_id == settlement_id)
    return {row.merchant_id: row for row in session.scalars(wanted)}


def _asks(sums: Row[Any], found: Payout | None, payable_fen: int) -> int | None:
    """What the merchant's payout of this batch asks for now; None while, or since, its attempt may be executed."""
    if found is None:
        return rules.due(sums.earned_fen, sums.covered_fen, payable_fen - sums.refused_fen)
    if found.state != "refused":
        return None
    return max(0, min(found.amount_fen, payable_fen - sums.refused_fen + found.amount_fen))


def _new(session: Session, settlement_id: str, merchant_id: str, amount_fen: int) -> str | None:
    if amount_fen == 0:
        return None
    made = Payout(
        id=new_id("pay"),
        settlement_id=settlement_id,
        merchant_id=merchant_id,
        amount_fen=amount_fen,
        state="paying",
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made.id


def _again(session: Session, found: Payout, amount_fen: int) -> str | None:
    """The next attempt of a refused payout, or its end where the money is no longer owed."""
    state = "paying" if amount_fen else "void"
    if not sql.changed_one(session, AGAIN, {"id": found.id, "state": state, "amount_fen": amount_fen}):
        raise sql.LostRace("payout")
    return found.id if amount_fen else None


def _attempts(session: Session, payout_id: str) -> int:
    wanted = text("SELECT COUNT(*) FROM payout_attempt WHERE payout_id = :payout_id")
    return int(session.scalar(wanted, {"payout_id": payout_id}) or 0)


def _send(session: Session, batch: SettlementBatch, orders: Sequence[Order], actor_id: str) -> dict[str, Any]:
    """One file of these orders; their money moves from payable to paying."""
    at = clock.database_now(session)
    count = select(PayoutFile).where(PayoutFile.settlement_id == batch.id)
    made = PayoutFile(
        id=new_id("pyf"),
        settlement_id=batch.id,
        number=1 + len(session.scalars(count).all()),
        line_count=len(orders),
        total_fen=sum(order.amount_fen for order in orders),
        sha256="",
        made_by=actor_id,
        made_at=at,
    )
    session.add(made)
    session.flush()
    attempts = [_attempt(order, made.id, at) for order in orders]
    session.add_all(attempts)
    session.flush()
    made.sha256 = sheets.digest(bank_file.content(session, made.id))
    session.flush()
    post(session, [_posting(batch, order, each.id) for order, each in zip(orders, attempts, strict=True)], at)
    return bank_file.shown(made)


def _attempt(order: Order, file_id: str, at: int) -> PayoutAttempt:
    attempt_id = new_id("pat")
    return PayoutAttempt(
        id=attempt_id,
        payout_id=order.payout_id,
        number=order.number,
        file_id=file_id,
        account_id=order.account_id,
        bank_key=attempt_id.removeprefix("pat_").upper(),
        amount_fen=order.amount_fen,
        state="sent",
        sent_at=at,
        expected_on=clock.day(at + settings().payout_days * DAY_MS),
    )


def _posting(batch: SettlementBatch, order: Order, attempt_id: str) -> Transfer:
    amount, whose = order.amount_fen, order.merchant_id
    return Transfer(batch.campaign_id, "payout", attempt_id, *way("payout"), amount, whose)
