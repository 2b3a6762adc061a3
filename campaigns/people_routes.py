"""The doors of the organizer's own staff: who there is, a colleague more, another role, shut out."""

from __future__ import annotations

from typing import Any

from app import logins, once, sql
from app.auth import TRAIL, WARDEN, current_staff, policy
from campaigns import acts, people
from campaigns.people_schemas import ColleagueEditIn, ColleagueIn, ColleagueOut, ColleaguesOut
from campaigns.routes import bp


@bp.route("/staff", methods=["GET"])
@policy(TRAIL)
@bp.response(200, ColleaguesOut)
def list_colleagues() -> dict[str, Any]:
    """The organizer's staff."""
    with sql.reading() as session:
        return {"items": people.listed(session)}


@bp.route("/staff", methods=["POST"])
@policy(WARDEN)
@bp.arguments(ColleagueIn)
@bp.response(201, ColleagueOut)
def hire_colleague(asked: dict[str, str]) -> Any:
    """Add a member of staff with a first password."""
    terms = logins.with_hash(asked)
    return once.rendered(acts.perform("staff.hire", "", lambda session: people.hire(session, terms)))


@bp.route("/staff/<staff_id>", methods=["PATCH"])
@policy(WARDEN)
@bp.arguments(ColleagueEditIn)
@bp.response(200, ColleagueOut)
def change_colleague(asked: dict[str, str], staff_id: str) -> Any:
    """Give a colleague another role, suspend or readmit: at once. Nobody does it for oneself."""
    to = {name: value for name, value in asked.items() if name != "reason"}
    actor_id = current_staff().id
    answer = acts.perform(
        f"staff.{'_'.join(to)}",
        staff_id,
        lambda session: people.change(session, staff_id, to, actor_id),
        f"{' '.join(to.values())}: {asked['reason']}",
    )
    return once.rendered(answer)
