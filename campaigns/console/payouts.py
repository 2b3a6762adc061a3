"""The payouts of a settlement: the files for the bank, what it answered, and what to do about who was not paid."""

from __future__ import annotations

from typing import Any

from flask import render_template

from app import sql
from app.auth import ANY_STAFF, SEALED_MONEY, admits, current_staff, policy
from campaigns import settlement
from campaigns.console import money
from campaigns.console.frame import bp
from campaigns.payouts import make, shown

OPEN = ("sent", "unknown")  # the bank may still execute these
DUE = ("open", "refused")  # lines that the next file asks for


@bp.get("/settlements/<settlement_id>/payouts")
@policy(ANY_STAFF)
def show_payouts(settlement_id: str) -> str:
    """Files, orders and every word of the bank."""
    with sql.reading() as session:
        batch = settlement.shown(session, settlement.find_settlement(session, settlement_id))
        found = shown.of_settlement(session, settlement_id)
        names = money.called(session, [batch])
    return render_template(
        "console/payouts.html",
        batch=batch,
        payouts=found["items"],
        files_here=found["files"],
        waiting=[line for line in batch["lines"] if line["payout"] == "held"],
        counts=_counts(found["items"]),
        names=names,
        may=money.may(),
        may_look=admits(SEALED_MONEY, current_staff().role),
        is_due=batch["state"] in make.PAYABLE_STATES
        and any(line["payout"] in DUE for line in batch["lines"]),
        open_states=OPEN,
    )


def _counts(payouts: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How many payouts stand how by their last attempt, and their amounts."""
    found: dict[str, dict[str, int]] = {}
    for payout in payouts:
        state = "void" if payout["state"] == "void" else payout["attempts"][-1]["state"]
        sums = found.setdefault(state, {"count": 0, "fen": 0})
        sums["count"] += 1
        sums["fen"] += payout["amount_fen"]
    return found
