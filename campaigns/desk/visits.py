"""A resident comes to an agent's desk: consent first, then whatever is done, and who did it.

A visit is the recorded consent. Nothing is done for a resident without one of the same agent from the last two hours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import acts, clock, once
from app.ankang import apply
from app.ankang.apply import Applicant
from app.auth import current_staff
from app.domain.instants import HOUR_MS
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Citizen, DeskVisit
from campaigns.standing import by_id_number

VISIT_MS = 2 * HOUR_MS
# The version of the words that a resident agrees to (the words are in the texts of the desk).
CONSENT_TEXT = "2026-11"
RECENT = text(
    "SELECT MAX(at) FROM desk_visit WHERE citizen_id = :citizen_id AND agent_id = :agent_id AND at > :since"
)


class Consent(NamedTuple):
    """How a resident agreed, before which agent."""

    agent_id: str
    how: str


def apply_for(applicant: Applicant, how: str) -> once.Answer:
    """Apply for the Ankang code in the name of who stands at the desk; the visit begins.

    Raises Refused(DUPLICATE_PERSON): who has a code already comes by `begin`.
    """
    consent = Consent(current_staff().id, how)

    def work(session: Session) -> once.Answer:
        citizen = apply.register(session, applicant)
        return _begun(session, citizen, consent)

    return acts.perform(_write("desk.apply"), "", work)


def begin(id_number: str, how: str) -> once.Answer:
    """Find who stands at the desk by ID number. Raises Refused: CITIZEN_NOT_FOUND, CITIZEN_SUSPENDED."""
    consent = Consent(current_staff().id, how)

    def work(session: Session) -> once.Answer:
        citizen = by_id_number(session, id_number)
        if citizen is None:
            raise Refused(Refusal.CITIZEN_NOT_FOUND)
        return _begun(session, citizen, consent)

    return acts.perform(_write("desk.visit"), "", work)


def require(session: Session, citizen_id: str) -> Citizen:
    """The resident whom this agent may serve now. Raises Refused: NO_VISIT, CITIZEN_SUSPENDED."""
    asked = {
        "citizen_id": citizen_id,
        "agent_id": current_staff().id,
        "since": clock.now() - VISIT_MS,
    }
    citizen = session.get(Citizen, citizen_id)
    if citizen is None or session.scalar(RECENT, asked) is None:
        raise Refused(Refusal.NO_VISIT)
    if citizen.status != "active":
        raise Refused(Refusal.CITIZEN_SUSPENDED)
    return citizen


def _write(action: str) -> once.Write:
    """An ID number is in the body: it is remembered by a keyed hash."""
    return once.discreet(once.named(current_staff().id, action))


def _begun(session: Session, citizen: Citizen, consent: Consent) -> once.Answer:
    if citizen.status != "active":
        raise Refused(Refusal.CITIZEN_SUSPENDED)
    visit = DeskVisit(
        id=new_id("vis"),
        citizen_id=citizen.id,
        agent_id=consent.agent_id,
        consent=consent.how,
        consent_text=CONSENT_TEXT,
        at=clock.now(),
    )
    session.add(visit)
    shown: dict[str, Any] = {**apply.shown(citizen), "visit_until": clock.iso(visit.at + VISIT_MS)}
    return once.Answer(201, shown, citizen.id)
