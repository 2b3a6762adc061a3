"""Printing a voucher on paper, revoking a sheet that is lost, printing another one in its place."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import paper
from app.auth import current_staff
from app.domain.refusals import Refusal, Refused
from app.domain.voucher_state import WHY_NOT, Status
from app.ids import new_id
from app.models import PaperSheet, Voucher
from app.vouchers import wallet
from campaigns import acts
from campaigns.desk import visits

# For as long as this who printed a sheet can send it to the printer again: it is the same sheet, and pays once.
PRINTABLE_MS = 15 * 60_000
# Fence: a valid sheet is revoked, or no row changes.
REVOKE = text(
    "UPDATE paper_sheet SET state = 'revoked', ended_at = :at, replaced_by = :replaced_by"
    " WHERE id = :id AND state = 'valid'"
)
OF_CITIZEN = text(
    "SELECT id, voucher_id, state, printed_at, ended_at, replaced_by FROM paper_sheet"
    " WHERE citizen_id = :citizen_id ORDER BY printed_at DESC, id DESC LIMIT 50"
)
VALID_OF = text("SELECT id FROM paper_sheet WHERE voucher_id = :voucher_id AND state = 'valid'")


def print_for(voucher_id: str) -> once.Answer:
    """A sheet for this voucher of the resident at the desk.

    Raises Refused: VOUCHER_NOT_FOUND, NO_VISIT; why the voucher pays no more; WRONG_STATE where it has a valid sheet.
    """

    def work(session: Session) -> once.Answer:
        voucher = _unused(session, voucher_id)
        if session.execute(VALID_OF, {"voucher_id": voucher_id}).first() is not None:
            raise Refused(Refusal.WRONG_STATE, state="valid")
        return _printed(session, voucher, new_id("sht"))

    return acts.perform("desk.print", "", work)


def revoke(sheet_id: str, reason: str) -> once.Answer:
    """The sheet is dead at once. Raises Refused: SHEET_NOT_FOUND, NO_VISIT, WRONG_STATE."""

    def work(session: Session) -> once.Answer:
        sheet = _served(session, sheet_id)
        _revoke(session, sheet, None)
        return once.Answer(200, {"sheet_id": sheet_id, "state": "revoked"}, sheet_id)

    return acts.perform("desk.revoke", sheet_id, work, reason)


def reprint(sheet_id: str, reason: str) -> once.Answer:
    """Revoke a sheet and print another for its voucher, together. Raises Refused as `revoke` and `print_for` do."""

    def work(session: Session) -> once.Answer:
        sheet, fresh_id = _served(session, sheet_id), new_id("sht")
        _revoke(session, sheet, fresh_id)
        return _printed(session, _unused(session, sheet.voucher_id), fresh_id)

    return acts.perform("desk.reprint", sheet_id, work, reason)


def with_digits(body: dict[str, Any]) -> dict[str, Any]:
    """An answer about a sheet, with what is printed on it: derived now, in no stored answer."""
    qr, typed = paper.printed(body["sheet_id"])
    return {**body, "qr": qr, "digits": typed}


def printable(sheet_id: str) -> dict[str, Any]:
    """All that stands on a sheet just printed, for the agent who printed it.

    Raises Refused: SHEET_NOT_FOUND, later too, when another one has to be printed; NO_VISIT.
    """
    with sql.reading() as session:
        sheet = _served(session, sheet_id)
        is_fresh = clock.now() < sheet.printed_at + PRINTABLE_MS and sheet.state == "valid"
        if not is_fresh or sheet.agent_id != current_staff().id:
            raise Refused(Refusal.SHEET_NOT_FOUND)
        voucher = wallet.find_voucher(session, sheet.citizen_id, sheet.voucher_id)
        assert voucher is not None
        return with_digits({**_shown(sheet), "voucher": voucher})


def of_citizen(session: Session, citizen_id: str) -> list[dict[str, Any]]:
    """The sheets of a resident, newest first, without their digits."""
    return [
        {
            "sheet_id": row.id,
            "voucher_id": row.voucher_id,
            "state": row.state,
            "printed_at": clock.iso(row.printed_at),
            "replaced_by": row.replaced_by,
        }
        for row in session.execute(OF_CITIZEN, {"citizen_id": citizen_id})
    ]


def _served(session: Session, sheet_id: str) -> PaperSheet:
    """A sheet of the resident at the desk."""
    sheet = session.get(PaperSheet, sheet_id)
    if sheet is None:
        raise Refused(Refusal.SHEET_NOT_FOUND)
    visits.require(session, sheet.citizen_id)
    return sheet


def _unused(session: Session, voucher_id: str) -> Voucher:
    """A voucher of the resident at the desk that may still pay."""
    voucher = session.get(Voucher, voucher_id)
    if voucher is None:
        raise Refused(Refusal.VOUCHER_NOT_FOUND)
    visits.require(session, voucher.citizen_id)
    status = Status(voucher.status)
    if status is not Status.ISSUED:
        raise Refused(WHY_NOT[status])
    if clock.database_now(session) >= voucher.valid_to:
        raise Refused(Refusal.VOUCHER_EXPIRED)
    return voucher


def _revoke(session: Session, sheet: PaperSheet, replaced_by: str | None) -> None:
    named = {"id": sheet.id, "at": clock.database_now(session), "replaced_by": replaced_by}
    if not sql.changed_one(session, REVOKE, named):
        raise Refused(Refusal.WRONG_STATE, state=sheet.state)


def _printed(session: Session, voucher: Voucher, sheet_id: str) -> once.Answer:
    digits = paper.printed(sheet_id)
    sheet = PaperSheet(
        id=sheet_id,
        qr_mark=paper.mark(digits.qr),
        typed_mark=paper.mark(digits.typed),
        voucher_id=voucher.id,
        citizen_id=voucher.citizen_id,
        agent_id=current_staff().id,
        state="valid",
        printed_at=clock.database_now(session),
    )
    session.add(sheet)
    session.flush()
    return once.Answer(201, _shown(sheet), sheet_id)


def _shown(sheet: PaperSheet) -> dict[str, Any]:
    return {
        "sheet_id": sheet.id,
        "voucher_id": sheet.voucher_id,
        "citizen_id": sheet.citizen_id,
        "state": sheet.state,
        "printed_at": clock.iso(sheet.printed_at),
    }
