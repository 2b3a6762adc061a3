"""Codes of made-up customers: fresh, past their life, or verified elsewhere before."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once
from app.ankang import reading, verify
from app.ankang.counters import TEST
from app.ankang.display import display
from app.ankang.scan import Till
from app.domain.refusals import Refusal, Refused

CONDITIONS = ("fresh", "stale", "consumed")
# Longer than any code lives, and a display is remembered for ever.
AGE_OF_A_STALE_ONE_MS = 600_000
OURS = text(
    "SELECT citizen_id FROM sandbox_citizen WHERE citizen_id = :citizen_id AND merchant_id = :merchant_id"
)
ANOTHER_TERMINAL = text(
    "SELECT t.id AS terminal_id, t.store_id, s.name AS store, s.area FROM terminal t JOIN store s ON s.id = t.store_id"
    " WHERE t.merchant_id = :merchant_id AND t.is_test AND t.id <> :terminal_id ORDER BY t.id LIMIT 1"
)


def make(till: Till, customer_id: str, condition: str, write: once.Write) -> once.Answer:
    """Another code of a made-up customer of this merchant.

    Raises Refused: CITIZEN_NOT_FOUND for anybody else; TERMINAL_NOT_FOUND for a consumed one where the merchant has no
    second test terminal.
    """
    return once.perform(write, partial(_make, till=till, customer_id=customer_id, condition=condition))


def _make(session: Session, till: Till, customer_id: str, condition: str) -> once.Answer:
    if session.execute(OURS, {"citizen_id": customer_id, "merchant_id": till.merchant_id}).first() is None:
        raise Refused(Refusal.CITIZEN_NOT_FOUND)
    at = clock.database_now(session)
    code = show(session, customer_id, at - AGE_OF_A_STALE_ONE_MS if condition == "stale" else at)
    if condition == "consumed":
        _verify(session, _another(session, till), code, at)
    return once.Answer(201, {"code": code}, customer_id)


def show(session: Session, citizen_id: str, at: int) -> str:
    """The 20 digits of a code displayed at this instant (epoch ms)."""
    return display(session, [citizen_id], at, TEST)[0].digits


def _another(session: Session, till: Till) -> Till:
    named = {"merchant_id": till.merchant_id, "terminal_id": till.terminal_id}
    found = session.execute(ANOTHER_TERMINAL, named).one_or_none()
    if found is None:
        raise Refused(Refusal.TERMINAL_NOT_FOUND)
    return replace(till, **found._mapping)


def _verify(session: Session, elsewhere: Till, code: str, at: int) -> None:
    """As that terminal would have done it."""
    shown = reading.read(elsewhere, code, "voucher")
    verified = [verify.judge(shown, verify.hold(session, [shown])(), at)]
    verify.record(session, verified, at)
    verify.count(session, verified, at)
