"""Applying for an Ankang code (申领): one natural person once, whatever account or channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang.counters import raise_counter
from app.domain.names import mask_name
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.ids import new_id
from app.models import Citizen

COLUMNS = "SELECT id, name_ct, phone_ct, status, applied_at FROM citizen"
FIND = sql.SetWise(f"{COLUMNS} JOIN {{items}} ON id = item.citizen_id", citizen_id="text")
STANDING = sql.SetWise(
    "SELECT id, status FROM citizen JOIN {items} ON id = item.citizen_id", citizen_id="text"
)
FIND_BY_PHONE = text(f"{COLUMNS} WHERE phone_bi = :phone_bi")
# What is sealed in the place of a phone where there is none, with the citizen's id: it is nobody's number.
NO_PHONE = "-|"
Registered = Citizen | Row[Any]  # the row as it is read with every request, without its model


@dataclass(frozen=True)
class Applicant:
    """Normalised and checked; the phone is the one that the session proved, empty for who has none (at a desk)."""

    name: str
    id_number: str
    phone: str


def apply(applicant: Applicant, write: once.Write) -> once.Answer:
    """Register this person. Raises Refused(DUPLICATE_PERSON) or Refused(ALREADY_APPLIED)."""

    def work(session: Session) -> once.Answer:
        citizen = register(session, applicant)
        return once.Answer(201, shown(citizen), citizen.id)

    return once.perform(write, work)


def register(session: Session, applicant: Applicant) -> Citizen:
    """`apply` inside the transaction of somebody else's act."""
    citizen = Citizen(**sealed(applicant, clock.now()))
    _refuse_known(session, citizen)
    session.add(citizen)
    session.flush()
    raise_counter(session, citizen.applied_at, "applied")
    return citizen


def sealed(applicant: Applicant, at: int) -> dict[str, Any]:
    """The columns of a new citizen who applied at this instant (epoch ms)."""
    citizen_id, box = new_id("ctz"), vault()
    phone = applicant.phone or NO_PHONE + citizen_id
    return {
        "id": citizen_id,
        "name_ct": box.seal(applicant.name, f"citizen.name|{citizen_id}"),
        "id_number_ct": box.seal(applicant.id_number, f"citizen.id_number|{citizen_id}"),
        "id_number_bi": box.blind_index("id_number", applicant.id_number),
        "phone_ct": box.seal(phone, f"citizen.phone|{citizen_id}"),
        "phone_bi": box.blind_index("phone", phone),
        "status": "active",
        "applied_at": at,
    }


def shown(citizen: Registered) -> dict[str, str]:
    """What a citizen sees of the own registration."""
    return {
        "citizen_id": citizen.id,
        "holder": holder(citizen),
        "status": citizen.status,
        "applied_at": clock.iso(citizen.applied_at),
    }


def holder(citizen: Registered) -> str:
    """`张*`: all that a merchant ever sees of a person."""
    return masked(citizen.id, citizen.name_ct)


def masked(citizen_id: str, name_ct: bytes) -> str:
    """`holder` of a row that was read without its citizen's other columns."""
    return mask_name(vault().open(name_ct, f"citizen.name|{citizen_id}"))


def phone_of(citizen: Registered) -> str:
    """The phone from which this citizen applied; empty for who applied at a desk, without one."""
    phone = vault().open(citizen.phone_ct, f"citizen.phone|{citizen.id}")
    return "" if phone.startswith(NO_PHONE) else phone


def phone_index(phone: str) -> str:
    """The keyed hash under which a phone is found."""
    return vault().blind_index("phone", phone)


def find(citizen_id: str) -> Registered | None:
    """The citizen with this id."""
    with sql.looking() as connection:
        return FIND.run(connection, [{"citizen_id": citizen_id}]).one_or_none()


def standing(session: Session, citizen_ids: Iterable[str]) -> dict[str, str]:
    """The status of each citizen that there is."""
    rows = STANDING.run(session, [{"citizen_id": citizen_id} for citizen_id in citizen_ids])
    return {row.id: row.status for row in rows}


def find_by_phone(phone: str) -> Registered | None:
    """The citizen who applied from this phone."""
    with sql.looking() as connection:
        return connection.execute(FIND_BY_PHONE, {"phone_bi": phone_index(phone)}).one_or_none()


def _refuse_known(session: Session, citizen: Citizen) -> None:
    if session.scalar(select(Citizen.id).where(Citizen.phone_bi == citizen.phone_bi)):
        raise Refused(Refusal.ALREADY_APPLIED)
    if session.scalar(select(Citizen.id).where(Citizen.id_number_bi == citizen.id_number_bi)):
        raise Refused(Refusal.DUPLICATE_PERSON)
