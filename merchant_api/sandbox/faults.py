"""Faults: refusals that a test terminal asks for, given to its next requests, never more often than it asked.

A live terminal's request is told apart in memory: it costs no query.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from flask import Response, g, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, errors, once, sql
from app.ankang.scan import Till
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import SandboxFault

CODES = [refusal.code for refusal in Refusal if refusal.is_at_the_till]
# Only what is not final may come after the deed: then the repetition gets the true answer.
NOT_FINAL = [refusal.code for refusal in Refusal if refusal.is_at_the_till and refusal.retryable]
MOST_TIMES = 20
OPERATIONS = {
    "merchant.create_scan": "scan",
    "merchant.create_quote": "quote",
    "merchant.create_redemption": "redeem",
    "merchant.create_reversal": "reverse",
    "merchant.show_redemptions": "find",
    "merchant.create_reservation": "reserve",
    "merchant.capture_reservation": "capture",
    "merchant.release_reservation": "release",
}
ARMED = text(
    "SELECT id FROM sandbox_fault WHERE terminal_id = :terminal_id AND operation = :operation AND taken < times"
    " ORDER BY armed_at, id"
)
# Fence: a fault is given as often as it was armed for, or no row changes.
TAKE = text(
    "UPDATE sandbox_fault SET taken = taken + 1 WHERE id = :id AND taken < times RETURNING code, is_after"
)


class Fault(NamedTuple):
    """What a terminal asks for."""

    operation: str
    code: str
    times: int
    when: str


def arm(till: Till, fault: Fault, write: once.Write) -> once.Answer:
    """Answer the next requests of this terminal for the operation by this refusal."""
    return once.perform(write, partial(_arm, till=till, fault=fault))


def _arm(session: Session, till: Till, fault: Fault) -> once.Answer:
    asked = SandboxFault(
        id=new_id("flt"),
        terminal_id=till.terminal_id,
        operation=fault.operation,
        code=fault.code,
        is_after=fault.when == "after",
        times=fault.times,
        taken=0,
        armed_at=clock.now(),
    )
    session.add(asked)
    return once.Answer(201, {"fault_id": asked.id, **fault._asdict()}, asked.id)


def before() -> None:
    """Whether a fault is due for this request. Raises it, or remembers it until the deed is done."""
    till, operation = g.get("till"), _operation()
    due = _take(till, operation) if till is not None and till.is_test and operation else None
    if due is not None:
        refusal = Refusal.of(due.code)
        if not due.is_after:
            raise Refused(refusal)
        g.fault = refusal


def after(response: Response) -> Response:
    """The answer, or the fault in its place: what was done stays done."""
    refusal: Refusal | None = g.pop("fault", None)
    return response if refusal is None else errors.answer(refusal, {})


def _operation() -> str | None:
    """A list of redemptions is no look-up of an order."""
    found = OPERATIONS.get(request.endpoint or "")
    return None if found == "find" and "order_no" not in request.args else found


def _take(till: Till, operation: str) -> Any:
    """The oldest fault that is left, one time less of it; None where there is none or others were faster."""
    with sql.reading() as session:
        named = {"terminal_id": till.terminal_id, "operation": operation}
        armed = session.scalars(ARMED, named).all()
    taken = (sql.write(partial(_take_one, fault_id=fault_id)) for fault_id in armed)
    return next((row for row in taken if row is not None), None)


def _take_one(session: Session, fault_id: str) -> Any:
    return session.execute(TAKE, {"id": fault_id}).one_or_none()
