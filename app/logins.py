"""Logins of staff: argon2 passwords, a lock after five failures, one refusal for every kind of wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select, update
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
    with sql.reading() as session:
        staff = session.scalar(select(of).where(of.login == login))
    known = staff is not None and staff.status == "active" and staff.locked_until <= clock.now()
    right = _verify(staff.password_hash if staff else _nobodys_hash(), password)
    if staff is not None and known:
        _remember(of, staff.id, right)
    if staff is None or not known or not right:
        raise Refused(Refusal.LOGIN_WRONG)
    return staff


@cache
def _nobodys_hash() -> str:
    """An unknown login takes as long as a known one."""
    return hashed("nobody")


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except VerificationError:
        return False


def _remember(of: type[Member], staff_id: str, right: bool) -> None:
    def count(session: Session) -> None:
        staff = session.get_one(of, staff_id)
        failures = 0 if right else staff.failures + 1
        locked = clock.now() + LOCK_MS if failures >= MAX_FAILURES else 0
        values = {"failures": failures % MAX_FAILURES, "locked_until": locked}
        session.execute(update(of).where(of.id == staff_id).values(**values))

    sql.write(count)
