"""Logins of staff: argon2 passwords, a lock after five failures, one refusal for every kind of wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.refusals import Refusal, Refused
from app.models import MerchantStaff, Staff

Member = TypeVar("Member", Staff, MerchantStaff)
MAX_FAILURES = 5
LOCK_MS = 15 * 60_000
# OWASP's setting for small machines: 19 MiB, two passes.
HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)


def hashed(password: str) -> str:
    """What is kept of a password. Takes long on purpose: not within a transaction."""
    return HASHER.hash(password)


def with_hash(terms: Mapping[str, str]) -> dict[str, str]:
    """The same terms with `password_hash` for their `password`."""
    kept = {name: value for name, value in terms.items() if name != "password"}
    return {**kept, "password_hash": hashed(terms["password"])}


def sign_in(of: type[Member], login: str, password: str) -> Member:
    """The member of staff with this login and password. Raises Refused(LOGIN_WRONG) whatever is wrong."""
    staff = known(of, login, password)
    sql.write(partial(forgive, of=of, staff_id=staff.id))
    return staff


def known(of: type[Member], login: str, password: str) -> Member:
    """`sign_in` where more is asked for: earlier failures are forgiven by the caller, once all of it was right."""
    with sql.reading() as session:
        staff = session.scalar(select(of).where(of.login == login))
    right = _verify(staff.password_hash if staff else _nobodys_hash(), password)
    if staff is None or staff.status != "active" or staff.locked_until > clock.now():
        raise Refused(Refusal.LOGIN_WRONG)
    if not right:
        sql.write(partial(count, of=of, staff_id=staff.id))
        raise Refused(Refusal.LOGIN_WRONG)
    return staff


def count(session: Session, of: type[Staff] | type[MerchantStaff], staff_id: str) -> bool:
    """Count one attempt as a failure, and lock the login with the fifth; False where it is locked already.

    Counted by the database: attempts that come together are as many as they are.
    """
    is_last = of.failures + 1 >= MAX_FAILURES
    counted = (
        update(of)
        .where(of.id == staff_id, of.locked_until <= clock.now())
        .values(
            failures=case((is_last, 0), else_=of.failures + 1),
            locked_until=case((is_last, clock.now() + LOCK_MS), else_=of.locked_until),
        )
    )
    return sql.changed_one(session, counted, {})


def forgive(session: Session, of: type[Staff] | type[MerchantStaff], staff_id: str) -> None:
    """Everything was right: the next failure is the first one."""
    session.execute(update(of).where(of.id == staff_id).values(failures=0, locked_until=0))


@cache
def _nobodys_hash() -> str:
    """An unknown login takes as long as a known one."""
    return hashed("nobody")


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except VerificationError:
        return False
