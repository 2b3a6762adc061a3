"""Members of staff: who they are, what they may do, and that there is always an organizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, logins, once, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Staff, StaffTotp

MIN_PASSWORD = 10
ROLES = ("organizer", "author", "approver", "finance", "auditor", "support", "agent")


def create(login: str, name: str, role: str, password: str) -> str:
    """A member of staff; returns the id. Raises Refused(WRONG_STATE) when the login is taken."""
    password_hash = logins.hashed(password)

    def add(session: Session) -> str:
        if _is_taken(session, login):
            raise Refused(Refusal.WRONG_STATE, login=login)
        terms = {"login": login, "name": name, "role": role, "password_hash": password_hash}
        return _add(session, terms).id

    return sql.write(add)


def hire(session: Session, terms: Mapping[str, str]) -> once.Answer:
    """A colleague, `terms` with a `password_hash`. Raises Refused(LOGIN_TAKEN)."""
    if _is_taken(session, terms["login"]):
        raise Refused(Refusal.LOGIN_TAKEN)
    made = _add(session, terms)
    session.flush()
    return once.Answer(201, _shown(made, None), made.id)


def change(session: Session, staff_id: str, to: Mapping[str, str], actor_id: str) -> once.Answer:
    """Another role or standing of a colleague; it holds from the next request on.

    Raises Refused: STAFF_NOT_FOUND, OWN_ROLE for oneself, LAST_ORGANIZER where nobody would be left to change it back.
    """
    found = session.get(Staff, staff_id)
    if found is None:
        raise Refused(Refusal.STAFF_NOT_FOUND)
    if staff_id == actor_id:
        raise Refused(Refusal.OWN_ROLE)
    stays = to.get("role", found.role) == "organizer" and to.get("status", found.status) == "active"
    if not stays and _organizers(session) <= {staff_id}:
        raise Refused(Refusal.LAST_ORGANIZER)
    session.execute(update(Staff).where(Staff.id == staff_id).values(**to))
    session.refresh(found)
    return once.Answer(200, _shown(found, session.get(StaffTotp, staff_id)), staff_id)


def listed(session: Session) -> list[dict[str, Any]]:
    """Everybody, the oldest first."""
    wanted = select(Staff, StaffTotp).join(StaffTotp, StaffTotp.staff_id == Staff.id, isouter=True)
    return [_shown(staff, factor) for staff, factor in session.execute(wanted.order_by(Staff.id))]


def _organizers(session: Session) -> set[str]:
    """Who is an active organizer, locked: of two who take away each other's role, the second one is refused."""
    wanted = select(Staff.id).where(Staff.role == "organizer", Staff.status == "active")
    return set(session.scalars(wanted.order_by(Staff.id).with_for_update()))


def _is_taken(session: Session, login: str) -> bool:
    return session.scalar(select(Staff.id).where(Staff.login == login)) is not None


def _add(session: Session, terms: Mapping[str, str]) -> Staff:
    made = Staff(
        id=new_id("stf"), status="active", failures=0, locked_until=0, created_at=clock.now(), **terms
    )
    session.add(made)
    return made


def _shown(staff: Staff, factor: StaffTotp | None) -> dict[str, Any]:
    return {
        "staff_id": staff.id,
        "login": staff.login,
        "name": staff.name,
        "role": staff.role,
        "status": staff.status,
        "has_second_factor": factor is not None and factor.confirmed_at is not None,
        "created_at": clock.iso(staff.created_at),
    }
