"""Made-up customers with test vouchers, issued and redeemed by the code that does it for everybody.

A customer is made in steps, each under a name that follows from the key: 1. the person and the vouchers, all or none;
2. each voucher that shall be used is redeemed; 3. the standing, and the answer. Whatever ends it in between, the same
key goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import apply
from app.ankang.counters import TEST, raise_counter
from app.ankang.scan import Till
from app.domain.instants import DAY_MS
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.models import Citizen, SandboxCitizen
from app.vouchers import wallet
from app.vouchers.grant import Ask, Issued, grant
from app.vouchers.redeem import redeem
from app.vouchers.redeeming import Request
from merchant_api.sandbox import codes

STANDINGS = ("active", "suspended")
CONDITIONS = ("usable", "not_yet", "expired", "used")
MOST_VOUCHERS = 10
NAME = "沙盒居民"
# No key and no phone that anybody could send or have looks like this.
MADE_UP = "sandbox:{}"
# What stands between the sandbox and live money: no other batch is issued from.
BATCHES = text(
    "SELECT b.id AS batch_id, b.name, b.face_fen, b.threshold_fen, b.kind FROM batch b"
    " JOIN campaign c ON c.id = b.campaign_id"
    " WHERE c.is_test AND c.state = 'approved' AND b.mode = 'first_come' ORDER BY b.id"
)
VALIDITY = text("UPDATE voucher SET valid_from = :valid_from, valid_to = :valid_to WHERE id = :id")
# The gate may not count what it did not admit: it is set anew from SQL.
SHUT_GATE = text("UPDATE batch SET gate_epoch = gate_epoch + 1 WHERE id = :batch_id")
AMOUNTS = text(
    "SELECT v.id, b.threshold_fen + b.face_fen AS gross_fen FROM voucher v JOIN batch b ON b.id = v.batch_id"
    " WHERE v.citizen_id = :citizen_id"
)
SUSPEND = text("UPDATE citizen SET status = 'suspended' WHERE id = :citizen_id")


@dataclass(frozen=True)
class Wish:
    """One voucher of this batch, in this condition."""

    batch_id: str
    condition: str


def list_batches() -> list[dict[str, Any]]:
    """The batches whose vouchers are made up on demand: approved, of test campaigns, first come first served."""
    with sql.reading() as session:
        return [dict(row._mapping) for row in session.execute(BATCHES)]


def make(till: Till, standing: str, wishes: Sequence[Wish], write: once.Write) -> once.Answer:
    """A customer with these vouchers and a fresh code.

    Raises Refused: BATCH_NOT_FOUND; what a claim is refused by (limits, stock, budget of the day); what a redemption is
    refused by, for a voucher that shall be used.
    """
    found = once.find(write)
    if found is not None:
        return once.final(found)
    opening = write._replace(operation="sandbox_opening")
    made = once.perform(opening, partial(_open, till=till, wishes=wishes)).body
    used = [each for each, wish in zip(made["voucher_ids"], wishes, strict=True) if wish.condition == "used"]
    if used:
        _use(till, made["customer_id"], used)
    return once.perform(write, partial(_finish, made=made, standing=standing))


def _open(session: Session, till: Till, wishes: Sequence[Wish]) -> once.Answer:
    at = clock.database_now(session)
    known = {row.batch_id for row in session.execute(BATCHES)}
    for wish in wishes:
        if wish.batch_id not in known:
            raise Refused(Refusal.BATCH_NOT_FOUND, batch_id=wish.batch_id)
    customer_id = _register(session, till, at)
    # batches are locked in the order of their ids, as everywhere
    places = sorted(range(len(wishes)), key=lambda place: wishes[place].batch_id)
    issued = {place: _issue(session, customer_id, wishes[place], place, at) for place in places}
    for batch_id in sorted({wish.batch_id for wish in wishes}):
        session.execute(SHUT_GATE, {"batch_id": batch_id})
    raise_counter(session, at, "applied", purpose=TEST)
    voucher_ids = [issued[place] for place in range(len(wishes))]
    return once.Answer(201, {"customer_id": customer_id, "voucher_ids": voucher_ids}, customer_id)


def _register(session: Session, till: Till, at: int) -> str:
    """A person without ID number and phone: nobody signs in as it, no list finds it."""
    nothing = MADE_UP.format(token_hex(16))
    citizen = Citizen(**apply.sealed(apply.Applicant(NAME, nothing, nothing), at))
    session.add(citizen)
    session.flush()
    session.add(
        SandboxCitizen(
            citizen_id=citizen.id, merchant_id=till.merchant_id, terminal_id=till.terminal_id, made_at=at
        )
    )
    session.flush()
    return citizen.id


def _issue(session: Session, customer_id: str, wish: Wish, place: int, at: int) -> str:
    """Grant it, set its validity, and store the answer that a claim would have had."""
    (issued,) = grant(session, [Ask(customer_id, wish.batch_id, at)])
    if isinstance(issued, Refusal):
        raise Refused(issued, batch_id=wish.batch_id)
    assert isinstance(issued, Issued)  # without an epoch there is no stale one
    voucher = {**issued.voucher, **_validity(wish.condition, issued.voucher, at)}
    session.execute(VALIDITY, {name: voucher[name] for name in ("id", "valid_from", "valid_to")})
    claim = once.Write(customer_id, "claim", MADE_UP.format(place), once.digest(wish.batch_id))
    body = {"claim_key": claim.key, "voucher": wallet.shown_new(voucher, issued.batch)}
    once.store_all(session, [(claim, once.Answer(201, body, issued.voucher_id))])
    return issued.voucher_id


def _validity(condition: str, voucher: dict[str, Any], at: int) -> dict[str, int]:
    """Its own, moved where the condition needs it."""
    if condition == "not_yet":
        starts, ends = at + DAY_MS, at + 2 * DAY_MS
    elif condition == "expired":
        starts, ends = at - 2 * DAY_MS, at - DAY_MS
    else:
        starts, ends = min(voucher["valid_from"], at), max(voucher["valid_to"], at + DAY_MS)
    return {"valid_from": starts, "valid_to": ends}


def _use(till: Till, customer_id: str, voucher_ids: Sequence[str]) -> None:
    """Redeem each at this terminal, in an order of its own."""
    with sql.reading() as session:
        rows = session.execute(AMOUNTS, {"citizen_id": customer_id}).all()
    gross_fen = {row.id: row.gross_fen for row in rows}
    for voucher_id in voucher_ids:
        write = once.Write(till.terminal_id, "redeem", MADE_UP.format(voucher_id), once.digest(voucher_id))
        code = sql.write(lambda session: codes.show(session, customer_id, clock.database_now(session)))
        order = Request(
            till=till,
            scan_token=None,
            code=code,
            voucher_ids=[voucher_id],
            order_no=f"SANDBOX-{voucher_id}",
            order=Order(gross_fen[voucher_id]),
            is_confirmed=True,
        )
        redeem(order, write)


def _finish(session: Session, made: dict[str, Any], standing: str) -> once.Answer:
    if standing == "suspended":
        session.execute(SUSPEND, {"citizen_id": made["customer_id"]})
    code = codes.show(session, made["customer_id"], clock.database_now(session))
    return once.Answer(201, {**made, "code": code}, made["customer_id"])
