"""The agent's pages: who comes to the desk, what can be done for that person, and the sheet for the printer."""

from __future__ import annotations

from typing import Any

from flask import render_template

from app import sql
from app.ankang import apply
from app.auth import DESK, policy
from app.domain import paper
from app.pages import catalogue, prints
from campaigns.console.frame import bp
from campaigns.desk import routes, sheets, visits

# On paper each of these stands in both languages, whoever prints it.
ON_PAPER = "console.desk.sheet."


@bp.get("/desk")
@policy(DESK)
def desk() -> str:
    """Who is there: consent, then by ID number, or for the first time."""
    return render_template("console/desk/start.html")


@bp.get("/desk/residents/<citizen_id>")
@policy(DESK)
def desk_resident(citizen_id: str) -> str:
    """Who is being served."""
    seen = routes.resident(citizen_id)
    valid = {each["voucher_id"]: each for each in seen["sheets"] if each["state"] == "valid"}
    return render_template("console/desk/resident.html", resident=seen, valid=valid)


@bp.get("/desk/sheets/<sheet_id>")
@policy(DESK)
def desk_sheet(sheet_id: str) -> str:
    """A sheet that was just printed, for the printer."""
    sheet = sheets.printable(sheet_id)
    with sql.reading() as session:
        holder = apply.holder(visits.require(session, sheet["citizen_id"]))
    return render_template(
        "console/desk/sheet.html",
        sheet=sheet,
        holder=holder,
        qr=prints.qr(sheet["qr"]),
        digits=paper.grouped(sheet["digits"]),
        words=_on_paper(),
    )


def _on_paper() -> dict[str, Any]:
    texts = catalogue.texts().items()
    return {key.removeprefix(ON_PAPER): both for key, both in texts if key.startswith(ON_PAPER)}
