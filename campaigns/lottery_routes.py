"""The organizer's doors of a lottery."""

from __future__ import annotations

from typing import Any

from app import once, queue, sql
from app.auth import ANY_STAFF, APPROVER, AUTHOR, current_staff, policy
from app.fields import Nothing
from app.vouchers.lottery import find_lottery
from campaigns import acts, lottery
from campaigns.lottery_schemas import LotteryOut, ValueIn
from campaigns.routes import bp


@bp.route("/batches/<batch_id>/public-values", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(ValueIn)
@bp.response(200, LotteryOut)
def enter_public_value(asked: dict[str, str], batch_id: str) -> Any:
    """Enter the public value that was named beforehand, after the list was frozen; the entry stays in the audit log."""
    actor, value = current_staff().id, asked["value"]
    answer = acts.perform(
        "lottery.value",
        batch_id,
        lambda session: lottery.enter_value(session, batch_id, value, actor),
        value,
    )
    return once.rendered(answer)


@bp.route("/batches/<batch_id>/draws", methods=["POST"])
@policy(APPROVER)
@bp.arguments(Nothing)
@bp.response(202, LotteryOut)
def ask_draw(_: dict[str, Any], batch_id: str) -> Any:
    """Ask for the draw (摇号), as another person than the one who entered the value; a worker draws and issues."""
    actor = current_staff().id
    answer = acts.perform(
        "lottery.draw", batch_id, lambda session: lottery.ask_draw(session, batch_id, actor)
    )
    queue.ring(lottery.JOB, batch_id)
    return answer.body, 202, once.rendered(answer)[2]


@bp.route("/batches/<batch_id>/draws", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, LotteryOut)
def show_draw(batch_id: str) -> dict[str, Any]:
    """How far the lottery is, who did what, what became of the winners; `results` is the address of the file."""
    with sql.reading() as session:
        return lottery.shown(session, find_lottery(session, batch_id))
