"""The organizer's doors of payouts."""

from __future__ import annotations

from typing import Any

from flask import Response

from app import once, sql
from app.auth import ANY_STAFF, MONEY, PAYMASTER, SEALED_MONEY, current_staff, policy
from app.fields import Nothing
from campaigns import acts
from campaigns.payouts import bank_file, make, results, schemas, shown
from campaigns.routes import bp

CSV = "text/csv; charset=utf-8"


@bp.route("/settlements/<settlement_id>/payouts", methods=["POST"])
@policy(PAYMASTER)
@bp.arguments(Nothing)
@bp.response(201, schemas.MadePayoutsOut)
def make_payouts(_: dict[str, Any], settlement_id: str) -> Any:
    """Pay an approved batch (拨付): one file for the bank; again for who was refused or had to wait."""
    actor = current_staff().id
    answer = acts.perform(
        "payout.make", settlement_id, lambda session: make.make(session, settlement_id, actor)
    )
    return once.rendered(answer)


@bp.route("/settlements/<settlement_id>/payouts", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, schemas.PayoutsOut)
def list_payouts(settlement_id: str) -> dict[str, Any]:
    """The payouts of a batch, every attempt and every word of the bank."""
    with sql.reading() as session:
        return shown.of_settlement(session, settlement_id)


@bp.route("/payout-files/<file_id>", methods=["GET"])
@policy(SEALED_MONEY)
@bp.response(200, content_type=CSV, description="bank_key, amount in yuan, account, bank, day")
def show_payout_file(file_id: str) -> Response:
    """The file for the bank, the same bytes each time; the look at it is logged."""
    with sql.reading() as session:
        file = bank_file.find(session, file_id)
        content = bank_file.content(session, file_id)
    acts.looked("payout_file.look", file_id)
    answer = Response(content, content_type=CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="payouts-{file_id}.csv"'
    answer.headers["ETag"] = f'"{file.sha256}"'
    return answer


@bp.route("/payout-results", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.ResultsIn)
@bp.response(200, schemas.ResultsOut)
def take_payout_results(asked: dict[str, Any]) -> Any:
    """What the bank says (回单): also twice, also late; a contradiction changes nothing and is shown."""
    answer = acts.perform("payout.results", "", lambda session: results.hear(session, asked["results"]))
    return once.rendered(answer)
