"""Who is shut out and let in again by the organizer: citizens, merchants, stores, terminals. It holds at once.

Every request of a till reads the standing of its terminal, store and merchant, every scan and redemption that of the
holder, so there is nothing else to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import once, sql
from app.ankang import apply, verify
from app.domain import ankang_code
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.models import Citizen, Merchant, Store, Terminal

NOT_FOUND = {
    Citizen: Refusal.CITIZEN_NOT_FOUND,
    Merchant: Refusal.MERCHANT_NOT_FOUND,
    Store: Refusal.STORE_NOT_FOUND,
    Terminal: Refusal.TERMINAL_NOT_FOUND,
}
Subject = type[Citizen] | type[Merchant] | type[Store] | type[Terminal]
# An owner's suspension is taken over by the organizer's; what an owner suspended, the organizer does not let in.
_OWNERS = "suspended_by IN (SELECT m.id FROM merchant_staff m)"
SUSPEND: dict[Subject, str] = {
    Citizen: "UPDATE citizen SET status = 'suspended' WHERE id = :id AND status = 'active'",
    Merchant: "UPDATE merchant SET status = 'suspended' WHERE id = :id AND status = 'active'",
    Store: "UPDATE store SET status = 'suspended', suspended_by = :actor_id"
    f" WHERE id = :id AND (status = 'active' OR {_OWNERS})",
    Terminal: "UPDATE terminal SET status = 'suspended', suspended_by = :actor_id"
    f" WHERE id = :id AND (status = 'active' OR {_OWNERS})",
}
READMIT: dict[Subject, str] = {
    Citizen: "UPDATE citizen SET status = 'active' WHERE id = :id AND status = 'suspended'",
    Merchant: "UPDATE merchant SET status = 'active' WHERE id = :id AND status = 'suspended'",
    Store: "UPDATE store SET status = 'active', suspended_by = NULL"
    f" WHERE id = :id AND status = 'suspended' AND NOT COALESCE({_OWNERS}, false)",
    Terminal: "UPDATE terminal SET status = 'active', suspended_by = NULL"
    f" WHERE id = :id AND status = 'suspended' AND NOT COALESCE({_OWNERS}, false)",
}


def suspend(session: Session, subject: Subject, subject_id: str, actor_id: str) -> once.Answer:
    """Shut out. Raises Refused: not found; WRONG_STATE where the organizer has done so already."""
    return _change(session, SUSPEND, subject, {"id": subject_id, "actor_id": actor_id}, "suspended")


def readmit(session: Session, subject: Subject, subject_id: str, _actor_id: str) -> once.Answer:
    """Let in again. Raises Refused: not found; WRONG_STATE where it is in, or its owner suspended it."""
    return _change(session, READMIT, subject, {"id": subject_id}, "active")


def _change(
    session: Session, statements: dict[Subject, str], subject: Subject, named: dict[str, str], to: str
) -> once.Answer:
    found: Any = session.get(subject, named["id"])
    if found is None:
        raise Refused(NOT_FOUND[subject])
    if not sql.changed_one(session, text(statements[subject]), named):
        raise Refused(Refusal.WRONG_STATE, state=found.status)
    return once.Answer(200, {"id": found.id, "status": to}, found.id)


def by_id_number(session: Session, number: str) -> Citizen | None:
    """The citizen with this ID number, normalised."""
    index = vault().blind_index("id_number", number)
    return session.scalar(select(Citizen).where(Citizen.id_number_bi == index))


def _by_phone(session: Session, phone: str) -> Citizen | None:
    return session.scalar(select(Citizen).where(Citizen.phone_bi == apply.phone_index(phone)))


def _by_code(session: Session, digits: str) -> Citizen | None:
    code = ankang_code.parse(digits)
    handle = (code.epoch, code.handle) if code else None
    citizen_id = verify.holders_of(session, [handle])().get(handle) if handle else None
    return session.get(Citizen, citizen_id) if citizen_id else None


LOOK_UP: dict[str, Callable[[Session, str], Citizen | None]] = {
    "id_number": by_id_number,
    "phone": _by_phone,
    "code": _by_code,
}


def look_up(session: Session, by: str, value: str) -> dict[str, Any]:
    """A citizen by ID number, phone or displayed code: as much as a shop sees of the name, and the standing.

    A code is a name here, no proof: also an old one finds its holder. Raises Refused(CITIZEN_NOT_FOUND).
    """
    found = LOOK_UP[by](session, value)
    if found is None:
        raise Refused(Refusal.CITIZEN_NOT_FOUND)
    return apply.shown(found)
