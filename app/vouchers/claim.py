"""Claiming a voucher (领取), first come first served: ask the gate, write in SQL, confirm."""

from __future__ import annotations

import time
from typing import Any

import redis
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, once
from app.domain.campaign import BatchRules
from app.domain.refusals import Refusal, Refused
from app.gate import admission, rebuild
from app.gate.admission import Admission, Verdict
from app.ids import new_id
from app.vouchers import ledger
from app.vouchers.wallet import find_voucher

PASSES = 4
# The person's ordinal in this batch. Fences: the statement's WHERE and the row's CHECK (used <= cap).
COUNT_PERSON = text(
    "INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " SELECT 'person', id, :citizen_id, '', 1, person_limit FROM batch WHERE id = :batch_id"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET used = counter.used + 1, cap = excluded.cap"
    " WHERE counter.used + 1 <= excluded.cap RETURNING used"
)
# Fences: stock in the WHERE and in the row's CHECK; the epoch lets no admission of an older gate land.
TAKE_UNIT = text(
    "UPDATE batch SET claimed = claimed + 1 WHERE id = :batch_id AND gate_epoch = :epoch AND claimed + 1 <= stock"
    " AND claim_from <= :at AND :at < claim_to"
    " RETURNING campaign_id, name, face_fen, threshold_fen, stock, person_limit, claim_from, claim_to, valid_from,"
    " valid_to, valid_days"
)
WHY_NOT = text("SELECT gate_epoch, claimed, stock FROM batch WHERE id = :batch_id")
ISSUE = text(
    "INSERT INTO voucher (id, campaign_id, batch_id, citizen_id, ordinal, status, version, face_fen, claimed_at,"
    " valid_from, valid_to) VALUES (:id, :campaign_id, :batch_id, :citizen_id, :ordinal, 'issued', 1, :face_fen,"
    " :at, :valid_from, :valid_to)"
)


class StaleEpoch(Exception):
    """The gate was rebuilt after this claim passed it: it passes the gate again with its key."""


def claim(citizen_id: str, batch_id: str, write: once.Write) -> once.Answer:
    """Give this citizen one voucher of the batch, or raise Refused; granted only after COMMIT.

    1. A known key is answered from SQL.  2. The gate admits (Redis).  3. SQL grants, fenced.  4. The pending note
    goes. Refusals about the person give their unit back; refusals of claims are never stored.
    """
    found = once.find(write)
    if found is not None:
        return once.final(found)
    try:
        return _pass_gate(citizen_id, batch_id, write)
    except Refused:
        # a twin may have been granted since the look-up: no key is refused its own effect
        found = once.find(write)
        if found is None:
            raise
        return once.final(found)


def _pass_gate(citizen_id: str, batch_id: str, write: once.Write) -> once.Answer:
    for _ in range(PASSES):
        admitted = _admit(batch_id, citizen_id, write.key)
        try:
            return _grant(citizen_id, batch_id, write, admitted)
        except StaleEpoch:
            continue
    raise Refused(Refusal.GATE_CLOSED)


def _admit(batch_id: str, citizen_id: str, key: str) -> Admission:
    try:
        admitted = admission.ask(batch_id, citizen_id, key)
        for wait_s in (0.0, 0.02, 0.05, 0.1, 0.2):
            if admitted.verdict is not Verdict.CLOSED:
                break
            time.sleep(wait_s)
            rebuild.rebuild_soon(batch_id)
            admitted = admission.ask(batch_id, citizen_id, key)
    except redis.RedisError as error:
        raise Refused(Refusal.GATE_CLOSED) from error
    if admitted.verdict in (Verdict.ADMITTED, Verdict.AGAIN):
        return admitted
    raise _turned_away(admitted)


def _turned_away(admitted: Admission) -> Refused:
    match admitted.verdict:
        case Verdict.NOT_STARTED:
            wait_ms = admitted.claim_from - admitted.at
            return Refused(Refusal.NOT_STARTED, server_time=clock.iso(admitted.at), wait_ms=wait_ms)
        case Verdict.PAUSED:
            return Refused(Refusal.CAMPAIGN_PAUSED)
        case Verdict.ENDED:
            return Refused(Refusal.CLAIM_ENDED)
        case Verdict.PERSON_LIMIT:
            return Refused(Refusal.PERSON_LIMIT)
        case Verdict.SOLD_OUT:
            return Refused(Refusal.SOLD_OUT)
        case _:
            return Refused(Refusal.GATE_CLOSED)


def _grant(citizen_id: str, batch_id: str, write: once.Write, admitted: Admission) -> once.Answer:
    note = (batch_id, citizen_id, write.key, admitted.epoch)
    issued = False

    def issue(session: Session) -> once.Answer:
        nonlocal issued
        issued = True
        return _issue(session, citizen_id, batch_id, write.key, admitted)

    try:
        answer = once.perform(write, issue)
    except Refused as refused:
        if refused.refusal is Refusal.PERSON_LIMIT:
            admission.give_back(*note)
        if refused.refusal is Refusal.SOLD_OUT:
            _correct_gate(batch_id)
        raise
    if not answer.replayed or admitted.verdict is Verdict.AGAIN:
        admission.confirm(*note)
    elif issued:
        # the reply of our own COMMIT was lost, or a twin was faster: only SQL knows whose unit was used
        _correct_gate(batch_id)
    else:
        admission.give_back(*note)  # a twin was granted meanwhile: this unit was taken for nothing
    return answer


def _issue(session: Session, citizen_id: str, batch_id: str, key: str, admitted: Admission) -> once.Answer:
    values = {"citizen_id": citizen_id, "batch_id": batch_id, "at": admitted.at, "epoch": admitted.epoch}
    ordinal = session.scalar(COUNT_PERSON, values)
    if ordinal is None:
        raise Refused(Refusal.PERSON_LIMIT)
    batch = session.execute(TAKE_UNIT, values).one_or_none()
    if batch is None:
        raise _why_not(session, values)
    valid_from, valid_to = _rules(batch).validity(admitted.at)
    voucher = {
        "id": new_id("vch"),
        "campaign_id": batch.campaign_id,
        "ordinal": ordinal,
        "face_fen": batch.face_fen,
    }
    session.execute(ISSUE, {**values, **voucher, "valid_from": valid_from, "valid_to": valid_to})
    posting = ledger.Transfer(batch.campaign_id, "claim", voucher["id"], "budget", "issued", batch.face_fen)
    ledger.post(session, [posting])
    shown = find_voucher(session, citizen_id, voucher["id"])
    return once.Answer(201, {"claim_key": key, "voucher": shown}, voucher["id"])


def _rules(batch: Row[Any]) -> BatchRules:
    terms = dict(batch._mapping)
    terms.pop("campaign_id")
    return BatchRules(**terms)


def _why_not(session: Session, values: dict[str, Any]) -> Exception:
    batch = session.execute(WHY_NOT, values).one()
    if batch.gate_epoch != values["epoch"]:
        return StaleEpoch()
    return Refused(Refusal.SOLD_OUT if batch.claimed >= batch.stock else Refusal.CLAIM_ENDED)


def _correct_gate(batch_id: str) -> None:
    """What the gate counts may be wrong: set it from SQL, now or when the sweeper finds the pending note."""
    try:
        rebuild.rebuild_soon(batch_id)
    except redis.RedisError:
        return
