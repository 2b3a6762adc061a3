"""Applying as a merchant (商户入驻): handed in by who proved a phone, reviewed by an organizer, until it is decided.

Every act moves the state by one conditional UPDATE that names the submission it is about: nobody approves what was
corrected meanwhile. Answers of writes hold nothing personal, because they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang.apply import phone_index
from app.domain import application as rules
from app.domain.application import Act, State
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.ids import new_id
from app.merchants import bank, places
from app.merchants.papers import Papers, add_documents, documents, opened
from app.models import ApplicationEvent, MerchantApplication

MOVE = text(
    "UPDATE merchant_application SET state = :after, merchant_id = :merchant_id, changed_at = :at"
    " WHERE id = :id AND state = :before AND submission = :submission"
)
CORRECT = text(
    "UPDATE merchant_application SET state = :after, submission = submission + 1, name = :name,"
    " credit_code = :credit_code, contact_name_ct = :contact_name_ct, bank_name = :bank_name,"
    " account_name_ct = :account_name_ct, account_number_ct = :account_number_ct, changed_at = :at"
    " WHERE id = :id AND state = :before AND submission = :submission"
)


@dataclass(frozen=True)
class Review:
    """What an organizer does with which submission, and why."""

    act: Act
    submission: int
    actor_id: str
    reason: str


def apply(session: Session, phone: str, papers: Papers) -> once.Answer:
    """A first submission. Raises Refused(CREDIT_CODE_TAKEN) unless what had this code before was rejected."""
    application_id, at = new_id("map"), clock.now()
    _refuse_taken(session, papers.credit_code, application_id)
    made = MerchantApplication(
        id=application_id,
        phone_bi=phone_index(phone),
        phone_ct=vault().seal(phone, f"application.phone|{application_id}"),
        state=State.SUBMITTED.value,
        submission=1,
        changed_at=at,
        **papers.columns(application_id),
    )
    session.add(made)
    session.flush()
    add_documents(session, application_id, 1, papers.documents)
    _remember(session, made, Act.SUBMIT, at)
    return once.Answer(201, brief(made), application_id)


def correct(session: Session, phone: str, application_id: str, papers: Papers) -> once.Answer:
    """Hand a returned application in again. Raises APPLICATION_NOT_FOUND, WRONG_STATE or CREDIT_CODE_TAKEN."""
    found = find_own(session, phone, application_id)
    before = State(found.state)
    after = rules.move(before, Act.SUBMIT)
    _refuse_taken(session, papers.credit_code, application_id)
    moved = {"id": application_id, "before": before.value, "after": after.value, "at": clock.now()}
    columns = papers.columns(application_id)
    if not sql.changed_one(session, CORRECT, {**moved, **columns, "submission": found.submission}):
        raise sql.LostRace("merchant_application")
    session.refresh(found)
    add_documents(session, application_id, found.submission, papers.documents)
    _remember(session, found, Act.SUBMIT, found.changed_at)
    return once.Answer(201, brief(found), application_id)


def review(session: Session, application_id: str, asked: Review) -> once.Answer:
    """Return, reject or approve one submission; approval makes the merchant. Raises WRONG_STATE."""
    found = find(session, application_id)
    before = State(found.state)
    after = rules.move(before, asked.act)
    merchant_id = _approved(session, found) if after is State.APPROVED else None
    moved = {"id": application_id, "before": before.value, "after": after.value, "at": clock.now()}
    named = {"merchant_id": merchant_id, "submission": asked.submission}
    if not sql.changed_one(session, MOVE, {**moved, **named}):
        raise Refused(Refusal.WRONG_STATE, state=before.value, submission=found.submission)
    session.refresh(found)
    _remember(session, found, asked.act, found.changed_at, asked)
    return once.Answer(200, brief(found), application_id)


def _approved(session: Session, found: MerchantApplication) -> str:
    """The merchant, and the account of its application as one to be verified."""
    merchant_id = places.register(session, {"name": found.name}).object_id or ""
    session.flush()
    bank.hand_in(session, merchant_id, opened(found))
    return merchant_id


def _refuse_taken(session: Session, credit_code: str, application_id: str) -> None:
    """The unique index is the fence; this says it in words."""
    same = select(MerchantApplication.id).where(
        MerchantApplication.credit_code == credit_code,
        MerchantApplication.state != State.REJECTED.value,
        MerchantApplication.id != application_id,
    )
    if session.scalar(same):
        raise Refused(Refusal.CREDIT_CODE_TAKEN)


def _remember(
    session: Session, of: MerchantApplication, act: Act, at: int, asked: Review | None = None
) -> None:
    count = select(func.count()).where(ApplicationEvent.application_id == of.id)
    session.add(
        ApplicationEvent(
            application_id=of.id,
            number=1 + (session.scalar(count) or 0),
            submission=of.submission,
            act=act.value,
            actor_id=asked.actor_id if asked else None,
            reason=asked.reason if asked else "",
            at=at,
        )
    )


def find(session: Session, application_id: str) -> MerchantApplication:
    """The application. Raises Refused(APPLICATION_NOT_FOUND)."""
    found = session.get(MerchantApplication, application_id)
    if found is None:
        raise Refused(Refusal.APPLICATION_NOT_FOUND)
    return found


def find_own(session: Session, phone: str, application_id: str) -> MerchantApplication:
    """The application if it was handed in from this phone. Raises Refused(APPLICATION_NOT_FOUND)."""
    found = find(session, application_id)
    if found.phone_bi != phone_index(phone):
        raise Refused(Refusal.APPLICATION_NOT_FOUND)
    return found


def brief(found: MerchantApplication) -> dict[str, Any]:
    """What it is and where it stands, nothing personal."""
    return {
        "application_id": found.id,
        "name": found.name,
        "credit_code": found.credit_code,
        "state": found.state,
        "submission": found.submission,
        "merchant_id": found.merchant_id,
        "changed_at": clock.iso(found.changed_at),
    }


def shown(session: Session, found: MerchantApplication) -> dict[str, Any]:
    """All of it in the clear, with its history: for who applied and for who reviews, stored nowhere."""
    return {
        **brief(found),
        **opened(found),
        "documents": documents(session, found),
        "history": _history(session, found.id),
    }


def _history(session: Session, application_id: str) -> list[dict[str, Any]]:
    wanted = (
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application_id)
        .order_by(ApplicationEvent.number)
    )
    return [
        {
            "at": clock.iso(event.at),
            "act": event.act,
            "submission": event.submission,
            "actor_id": event.actor_id,
            "reason": event.reason,
        }
        for event in session.scalars(wanted)
    ]


def of_phone(session: Session, phone: str) -> list[dict[str, Any]]:
    """What was applied for from this phone, newest first."""
    wanted = (
        select(MerchantApplication)
        .where(MerchantApplication.phone_bi == phone_index(phone))
        .order_by(MerchantApplication.id.desc())
        .limit(100)
    )
    return [brief(found) for found in session.scalars(wanted)]


def listed(session: Session, state: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of applications for the organizer, newest first."""
    wanted = select(MerchantApplication).order_by(MerchantApplication.id.desc()).limit(limit + 1)
    if state:
        wanted = wanted.where(MerchantApplication.state == state)
    if cursor:
        wanted = wanted.where(MerchantApplication.id < cursor)
    items = [brief(found) for found in session.scalars(wanted)]
    more = len(items) > limit
    return {"items": items[:limit], "next_cursor": items[limit - 1]["application_id"] if more else None}
