"""Staff logins: argon2 passwords, a lock after five failures, one refusal for every kind of wrong."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Staff

MAX_FAILURES = 5
LOCK_MS = 15 * 60_000
# OWASP's setting for small machines: 19 MiB, two passes.
HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)


def create(login: str, name: str, role: str, password: str) -> str:
    """A member of staff; returns the id. Raises Refused(WRONG_STATE) when the login is taken."""

    def add(session: Session) -> str:
        if session.scalar(select(Staff.id).where(Staff.login == login)):
            raise Refused(Refusal.WRONG_STATE, login=login)
        staff = Staff(
            id=new_id("stf"),
            login=login,
            name=name,
            role=role,
            password_hash=HASHER.hash(password),
            status="active",
            failures=0,
            locked_until=0,
            created_at=clock.now(),
        )
        session.add(staff)
        return staff.id

    return sql.write(add)


def sign_in(login: str, password: str) -> Staff:
    """The member of staff with this login and password. Raises Refused(LOGIN_WRONG) whatever is wrong."""
    with sql.reading() as session:
        staff = session.scalar(select(Staff).where(Staff.login == login))
    known = staff is not None and staff.status == "active" and staff.locked_until <= clock.now()
    right = _verify(staff.password_hash if staff else _nobodys_hash(), password)
    if staff is not None and known:
        _remember(staff.id, right)
    if staff is None or not known or not right:
        raise Refused(Refusal.LOGIN_WRONG)
    return staff


@cache
def _nobodys_hash() -> str:
    """An unknown login takes as long as a known one."""
    return HASHER.hash("nobody")


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except VerificationError:
        return False


def _remember(staff_id: str, right: bool) -> None:
    def count(session: Session) -> None:
        staff = session.get_one(Staff, staff_id)
        failures = 0 if right else staff.failures + 1
        locked = clock.now() + LOCK_MS if failures >= MAX_FAILURES else 0
        values = {"failures": failures % MAX_FAILURES, "locked_until": locked}
        session.execute(update(Staff).where(Staff.id == staff_id).values(**values))

    sql.write(count)
