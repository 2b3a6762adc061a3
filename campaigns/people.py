"""Members of staff."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, logins, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Staff

ROLES = ("organizer", "author", "approver", "finance", "auditor", "support")


def create(login: str, name: str, role: str, password: str) -> str:
    """A member of staff; returns the id. Raises Refused(WRONG_STATE) when the login is taken."""
    password_hash = logins.hashed(password)

    def add(session: Session) -> str:
        if session.scalar(select(Staff.id).where(Staff.login == login)):
            raise Refused(Refusal.WRONG_STATE, login=login)
        staff = Staff(
            id=new_id("stf"),
            login=login,
            name=name,
            role=role,
            password_hash=password_hash,
            status="active",
            failures=0,
            locked_until=0,
            created_at=clock.now(),
        )
        session.add(staff)
        return staff.id

    return sql.write(add)
