"""Registering for a lottery (报名): once per person, inside the window, under a number that tells nothing."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain.campaign import PUBLIC, State
from app.domain.refusals import Refusal, Refused
from app.vouchers.lottery import DRAWN, find_lottery

LEAST_NUMBER = 10**11
# On PostgreSQL the share lock makes the close wait for whoever is already inside: nobody who got a number is left out.
WINDOW = (
    "SELECT l.state, b.claim_from, b.claim_to, c.state AS campaign_state FROM lottery l"
    " JOIN batch b ON b.id = l.batch_id JOIN campaign c ON c.id = b.campaign_id WHERE l.batch_id = :batch_id"
)
# Fences: the primary key for the number, UNIQUE (batch_id, citizen_id) for the person.
REGISTER = text(
    "INSERT INTO registration (batch_id, number, citizen_id, registered_at)"
    " VALUES (:batch_id, :number, :citizen_id, :at) ON CONFLICT DO NOTHING RETURNING number"
)
OWN = text(
    "SELECT batch_id, number, registered_at, rank, voucher_id, refusal FROM registration"
    " WHERE batch_id = :batch_id AND citizen_id = :citizen_id"
)


def register(citizen_id: str, batch_id: str, write: once.Write) -> once.Answer:
    """Put this citizen on the list of the batch, or raise Refused with the server's time."""
    return once.perform(write, lambda session: _register(session, citizen_id, batch_id))


def _register(session: Session, citizen_id: str, batch_id: str) -> once.Answer:
    now = clock.database_now(session)
    _refuse_outside(session, batch_id, now)
    # A random number: not even the order of registration can be read from it.
    number = LEAST_NUMBER + secrets.randbelow(9 * LEAST_NUMBER)
    row = {"batch_id": batch_id, "number": number, "citizen_id": citizen_id, "at": now}
    if session.execute(REGISTER, row).first() is None:
        earlier = session.execute(OWN, row).one_or_none()
        if earlier is None:
            raise sql.LostRace("registration number")
        raise Refused(Refusal.ALREADY_REGISTERED, number=str(earlier.number))
    return once.Answer(201, _shown(session.execute(OWN, row).one(), "open"), str(number))


def _refuse_outside(session: Session, batch_id: str, now: int) -> None:
    share = " FOR SHARE OF l" if session.get_bind().dialect.name == "postgresql" else ""
    row = session.execute(text(WINDOW + share), {"batch_id": batch_id}).one_or_none()
    if row is None:
        find_lottery(session, batch_id)
        raise sql.LostRace("lottery")
    if State(row.campaign_state) not in PUBLIC:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    server_time = clock.iso(now)
    if now < row.claim_from:
        raise Refused(Refusal.REGISTRATION_NOT_STARTED, server_time=server_time, wait_ms=row.claim_from - now)
    if row.state != "open" or now >= row.claim_to or row.campaign_state in (State.CLOSED, State.SETTLED):
        raise Refused(Refusal.REGISTRATION_ENDED, server_time=server_time)
    if row.campaign_state == State.PAUSED:
        raise Refused(Refusal.REGISTRATION_PAUSED, server_time=server_time)


def own(citizen_id: str, batch_id: str) -> dict[str, Any]:
    """This citizen's registration: waiting, won, not won. Raises Refused(REGISTRATION_NOT_FOUND)."""
    with sql.reading() as session:
        state = find_lottery(session, batch_id).state
        row = session.execute(OWN, {"batch_id": batch_id, "citizen_id": citizen_id}).one_or_none()
    if row is None:
        raise Refused(Refusal.REGISTRATION_NOT_FOUND)
    return _shown(row, state)


def _shown(row: Row[Any], state: str) -> dict[str, Any]:
    status = "waiting" if state not in DRAWN else "not_won" if row.rank is None else "won"
    return {
        "batch_id": row.batch_id,
        "number": str(row.number),
        "registered_at": clock.iso(row.registered_at),
        "status": status,
        "rank": row.rank,
        "voucher_id": row.voucher_id,
        "refusal": row.refusal,
    }
