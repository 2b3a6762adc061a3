"""The payouts of a settlement batch with their attempts and what the bank said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models import Merchant, Payout, PayoutAnswer, PayoutAttempt, PayoutFile
from campaigns.payouts import bank_file
from campaigns.settlement import find_settlement


def of_settlement(session: Session, settlement_id: str) -> dict[str, Any]:
    """By merchant; attempts and answers oldest first. Raises Refused(SETTLEMENT_NOT_FOUND)."""
    find_settlement(session, settlement_id)
    wanted = (
        select(Payout, Merchant.name)
        .join(Merchant, Merchant.id == Payout.merchant_id)
        .where(Payout.settlement_id == settlement_id)
        .order_by(Payout.merchant_id)
    )
    files = select(PayoutFile).where(PayoutFile.settlement_id == settlement_id).order_by(PayoutFile.number)
    attempts = _attempts(session, settlement_id)
    return {
        "items": [
            {
                **vars(payout),
                "payout_id": payout.id,
                "merchant": name,
                "attempts": attempts.get(payout.id, []),
            }
            for payout, name in session.execute(wanted)
        ],
        "files": [bank_file.shown(file) for file in session.scalars(files)],
    }


def _attempts(session: Session, settlement_id: str) -> dict[str, list[dict[str, Any]]]:
    wanted = (
        select(PayoutAttempt)
        .join(Payout, Payout.id == PayoutAttempt.payout_id)
        .where(Payout.settlement_id == settlement_id)
        .order_by(PayoutAttempt.payout_id, PayoutAttempt.number)
    )
    answers = _answers(session, settlement_id)
    found: dict[str, list[dict[str, Any]]] = {}
    for attempt in session.scalars(wanted):
        shown = {
            **vars(attempt),
            "sent_at": clock.iso(attempt.sent_at),
            "answers": answers.get(attempt.id, []),
        }
        found.setdefault(attempt.payout_id, []).append(shown)
    return found


def _answers(session: Session, settlement_id: str) -> dict[str, list[dict[str, Any]]]:
    wanted = (
        select(PayoutAnswer)
        .join(PayoutAttempt, PayoutAttempt.id == PayoutAnswer.attempt_id)
        .join(Payout, Payout.id == PayoutAttempt.payout_id)
        .where(Payout.settlement_id == settlement_id)
        .order_by(PayoutAnswer.heard_at, PayoutAnswer.digest)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for answer in session.scalars(wanted):
        shown = {**vars(answer), "result": answer.verdict, "heard_at": clock.iso(answer.heard_at)}
        found.setdefault(answer.attempt_id, []).append(shown)
    return found
