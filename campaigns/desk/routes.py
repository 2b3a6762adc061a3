"""The doors of agents: `/organizer/v1/desk`."""

from __future__ import annotations

from typing import Any

from app import once, sql
from app.ankang import apply
from app.ankang.apply import Applicant
from app.auth import DESK, policy
from app.vouchers import wallet
from campaigns.desk import claims, schemas, sheets, visits
from campaigns.routes import bp


@bp.route("/desk/applications", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.DeskApplicationIn)
@bp.response(201, schemas.VisitOut)
def apply_at_desk(asked: dict[str, str]) -> Any:
    """Apply for the Ankang code in the name of a resident without a phone, who agrees."""
    applicant = Applicant(asked["name"], asked["id_number"], "")
    return once.rendered(visits.apply_for(applicant, asked["consent"]))


@bp.route("/desk/visits", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.VisitIn)
@bp.response(201, schemas.VisitOut)
def begin_visit(asked: dict[str, str]) -> Any:
    """Find a resident who has a code, and agrees to be served; for two hours."""
    return once.rendered(visits.begin(asked["id_number"], asked["consent"]))


@bp.route("/desk/residents/<citizen_id>", methods=["GET"])
@policy(DESK)
@bp.response(200, schemas.ResidentOut)
def show_resident(citizen_id: str) -> dict[str, Any]:
    """Who is being served: vouchers, sheets, and what there is to claim."""
    return resident(citizen_id)


@bp.route("/desk/residents/<citizen_id>/claims", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.DeskClaimIn)
@bp.response(201, schemas.DeskClaimOut)
def claim_at_desk(asked: dict[str, str], citizen_id: str) -> Any:
    """Claim a voucher for the resident: the same claim, the same limits."""
    return once.rendered(claims.claim_for(citizen_id, asked["batch_id"]))


@bp.route("/desk/sheets", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.SheetIn)
@bp.response(201, schemas.SheetOut)
def print_sheet(asked: dict[str, str]) -> Any:
    """Print a voucher on paper."""
    return _with_digits(sheets.print_for(asked["voucher_id"]))


@bp.route("/desk/sheets/<sheet_id>/revocations", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.SheetReasonIn)
@bp.response(200, schemas.SheetStateOut)
def revoke_sheet(asked: dict[str, str], sheet_id: str) -> Any:
    """Revoke a sheet: it pays nowhere from now on; its voucher stays."""
    return once.rendered(sheets.revoke(sheet_id, asked["reason"]))


@bp.route("/desk/sheets/<sheet_id>/reprints", methods=["POST"])
@policy(DESK)
@bp.arguments(schemas.SheetReasonIn)
@bp.response(201, schemas.SheetOut)
def reprint_sheet(asked: dict[str, str], sheet_id: str) -> Any:
    """Revoke a lost sheet and print another in its place."""
    return _with_digits(sheets.reprint(sheet_id, asked["reason"]))


def resident(citizen_id: str) -> dict[str, Any]:
    """What the desk sees of who is being served. Raises Refused: NO_VISIT, CITIZEN_SUSPENDED."""
    with sql.reading() as session:
        citizen = visits.require(session, citizen_id)
        printed = sheets.of_citizen(session, citizen_id)
        open_now = claims.open_batches(session, citizen_id)
    return {
        "citizen_id": citizen_id,
        "holder": apply.holder(citizen),
        "vouchers": wallet.list_vouchers(citizen_id),
        "sheets": printed,
        "batches": open_now,
    }


def _with_digits(answer: once.Answer) -> tuple[dict[str, Any], int, dict[str, str]]:
    body, status, headers = once.rendered(answer)
    return sheets.with_digits(body), status, headers
