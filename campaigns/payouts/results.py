"""What the bank says of payouts: taken once, said again without effect, and never against its own final word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import payout as rules
from app.domain.accounts import way
from app.domain.payout import Answer, Known, Outcome, State, Verdict
from app.vouchers.ledger import Transfer, post
from campaigns.payouts import make

FOUND = text(
    "SELECT a.id, a.bank_key, a.payout_id, a.state, a.amount_fen, a.reference, p.merchant_id, s.campaign_id"
    " FROM payout_attempt a JOIN payout p ON p.id = a.payout_id JOIN settlement_batch s ON s.id = p.settlement_id"
    " WHERE a.bank_key IN :bank_keys ORDER BY a.bank_key"
).bindparams(bindparam("bank_keys", expanding=True))
# Fence: a final word is the last one.
DECIDE = text(
    "UPDATE payout_attempt SET state = :state, reference = :reference, reason = :reason, decided_at = :decided_at"
    " WHERE id = :id AND state IN ('sent', 'unknown')"
)
FOLLOW = text("UPDATE payout SET state = :state WHERE id = :payout_id AND state = 'paying'")
REMEMBER = text(
    "INSERT INTO payout_answer (attempt_id, digest, outcome, amount_fen, reference, reason, verdict, heard_at)"
    " VALUES (:attempt_id, :digest, :outcome, :amount_fen, :reference, :reason, :verdict, :heard_at)"
    " ON CONFLICT (attempt_id, digest) DO NOTHING"
)
FINAL = {Outcome.PAID: "payout_paid", Outcome.REFUSED: "payout_back"}
UNKNOWN_KEY = "unknown_key"


def hear(session: Session, answers: Sequence[Answer]) -> once.Answer:
    """Take these answers in; the body says of each what it did: applied, repeated, contradicts, or unknown_key.

    Of a contradiction nothing is believed but that it was said: it stays beside the payout for people to look at.
    """
    keys = sorted({answer.bank_key for answer in answers})
    campaigns = sorted({row.campaign_id for row in session.execute(FOUND, {"bank_keys": keys})})
    for campaign_id in campaigns:
        session.execute(make.TURNSTILE, {"campaign_id": campaign_id})
    found = {row.bank_key: row for row in session.execute(FOUND, {"bank_keys": keys})}
    known = {key: Known(State(row.state), row.amount_fen, row.reference) for key, row in found.items()}
    at = clock.database_now(session)
    items: list[dict[str, Any]] = []
    postings: list[Transfer] = []
    for answer in answers:
        row = found.get(answer.bank_key)
        if row is None:
            items.append(_said(answer, UNKNOWN_KEY))
            continue
        verdict = rules.judge(known[answer.bank_key], answer)
        if verdict is Verdict.APPLIED:
            known[answer.bank_key] = Known(State(answer.outcome.value), row.amount_fen, answer.reference)
            postings += _apply(session, row, answer, at)
        _remember(session, row.id, answer, verdict, at)
        items.append(_said(answer, verdict.value))
    post(session, postings, at)
    for campaign_id in campaigns:
        session.execute(make.SETTLE, {"campaign_id": campaign_id})
    return once.Answer(200, {"items": items})


def _said(answer: Answer, verdict: str) -> dict[str, Any]:
    return {"bank_key": answer.bank_key, "outcome": answer.outcome.value, "result": verdict}


def _apply(session: Session, row: Row[Any], answer: Answer, at: int) -> list[Transfer]:
    """The attempt moves, the payout with it, and on a final word the money: to paid, or back to payable."""
    is_final = answer.outcome in FINAL
    moved = {
        "id": row.id,
        "state": answer.outcome.value,
        "reference": answer.reference or None,
        "reason": answer.reason or None,
        "decided_at": at if is_final else None,
    }
    if not sql.changed_one(session, DECIDE, moved):
        raise sql.LostRace("payout_attempt")
    if not is_final:
        return []
    if not sql.changed_one(session, FOLLOW, {"payout_id": row.payout_id, "state": answer.outcome.value}):
        raise sql.LostRace("payout")
    kind = FINAL[answer.outcome]
    return [Transfer(row.campaign_id, kind, row.id, *way(kind), row.amount_fen, row.merchant_id)]


def _remember(session: Session, attempt_id: str, answer: Answer, verdict: Verdict, at: int) -> None:
    said = [answer.outcome.value, str(answer.amount_fen), answer.reference, answer.reason]
    heard = {
        "attempt_id": attempt_id,
        "digest": once.digest("|".join(said)),
        "outcome": answer.outcome.value,
        "amount_fen": answer.amount_fen,
        "reference": answer.reference,
        "reason": answer.reason,
        "verdict": verdict.value,
        "heard_at": at,
    }
    session.execute(REMEMBER, heard)
