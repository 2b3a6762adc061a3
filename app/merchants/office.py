"""What an owner does to the own merchant: stores, terminals, keys, staff. What is another merchant's is not there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.merchants import applications, places
from app.models import Merchant, MerchantStaff, Store, Terminal

NOT_FOUND = {
    Store: Refusal.STORE_NOT_FOUND,
    Terminal: Refusal.TERMINAL_NOT_FOUND,
    MerchantStaff: Refusal.STAFF_NOT_FOUND,
}
Part = type[Store] | type[Terminal] | type[MerchantStaff]
# What the organizer suspended only the organizer takes back.
_STATUS = {
    "suspended": "UPDATE {table} SET status = 'suspended', suspended_by = :actor_id"
    " WHERE id = :id AND merchant_id = :merchant_id AND status = 'active'",
    "active": "UPDATE {table} SET status = 'active', suspended_by = NULL"
    " WHERE id = :id AND merchant_id = :merchant_id AND status = 'suspended'"
    " AND suspended_by IN (SELECT m.id FROM merchant_staff m WHERE m.merchant_id = {table}.merchant_id)",
}
SET_STATUS = {
    (part, status): text(statement.format(table=part.__tablename__))
    for part in NOT_FOUND
    for status, statement in _STATUS.items()
}
MAKE_OWNER = text(
    "UPDATE merchant_application SET owner_id = :owner_id WHERE id = :id AND state = 'approved' AND owner_id IS NULL"
)


def add_terminal(session: Session, merchant_id: str, terms: dict[str, Any]) -> once.Answer:
    """A terminal of an own store. Raises Refused(STORE_NOT_FOUND)."""
    store = _own(session, Store, merchant_id, terms["store_id"])
    return places.add_terminal(session, store.id, {"name": terms["name"], "is_test": terms["is_test"]})


def hand_out_key(session: Session, merchant_id: str, terminal_id: str) -> once.Answer:
    """A key of an own terminal. Raises Refused(TERMINAL_NOT_FOUND)."""
    return places.hand_out_key(session, _own(session, Terminal, merchant_id, terminal_id).id)


def hire(session: Session, merchant_id: str, terms: dict[str, str]) -> once.Answer:
    """A member of staff, `terms` with a `password_hash`. Raises Refused(LOGIN_TAKEN)."""
    if session.scalar(select(MerchantStaff.id).where(MerchantStaff.login == terms["login"])):
        raise Refused(Refusal.LOGIN_TAKEN)
    made = MerchantStaff(
        id=new_id("mst"),
        merchant_id=merchant_id,
        status="active",
        failures=0,
        locked_until=0,
        created_at=clock.now(),
        **terms,
    )
    session.add(made)
    session.flush()
    return once.Answer(201, shown_staff(made), made.id)


def own(session: Session, phone: str, application_id: str, terms: dict[str, str]) -> once.Answer:
    """The login of who applied, once, after approval: the merchant's first owner.

    Raises Refused: APPLICATION_NOT_FOUND, WRONG_STATE, LOGIN_TAKEN.
    """
    found = applications.find_own(session, phone, application_id)
    if found.merchant_id is None:
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    answer = hire(session, found.merchant_id, {**terms, "role": "owner"})
    if not sql.changed_one(session, MAKE_OWNER, {"id": application_id, "owner_id": answer.object_id}):
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    return answer


def set_status(session: Session, part: Part, part_id: str, to: str, by: MerchantStaff) -> once.Answer:
    """Suspend a store, a terminal or a member of staff (`to="suspended"`), or take that back (`to="active"`): at once.

    Raises Refused: not found where it is not the own merchant's; WRONG_STATE where it is so already, where the
    organizer suspended it, or for oneself.
    """
    found = _own(session, part, by.merchant_id, part_id)
    named = {"id": part_id, "merchant_id": by.merchant_id}
    actor = {"actor_id": by.id} if to == "suspended" else {}
    if part_id == by.id or not sql.changed_one(session, SET_STATUS[part, to], named | actor):
        raise Refused(Refusal.WRONG_STATE, state=found.status)
    return once.Answer(200, {"id": part_id, "status": to}, part_id)


def _own(session: Session, part: type[Any], merchant_id: str, part_id: str) -> Any:
    found = session.get(part, part_id)
    if found is None or found.merchant_id != merchant_id:
        raise Refused(NOT_FOUND[part])
    return found


def listed(session: Session, part: type[Any], merchant_id: str) -> list[Any]:
    """All stores, terminals or staff of this merchant, oldest first."""
    return list(session.scalars(select(part).where(part.merchant_id == merchant_id).order_by(part.id)))


def shown_staff(member: MerchantStaff) -> dict[str, str]:
    """A member of staff as the owner sees it."""
    return {
        "staff_id": member.id,
        "login": member.login,
        "name": member.name,
        "role": member.role,
        "status": member.status,
    }


def about(session: Session, member: MerchantStaff) -> dict[str, Any]:
    """Who is signed in, and for which merchant."""
    merchant = session.get_one(Merchant, member.merchant_id)
    return {**shown_staff(member), "merchant_id": merchant.id, "merchant": merchant.name}
