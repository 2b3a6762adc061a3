"""The organizer's doors to the standing of citizens, merchants, stores and terminals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app import once, sql
from app.auth import HELP_DESK, ORGANIZER, WARDEN, Policy, current_staff, policy
from app.models import Citizen, Merchant, Store, Terminal
from campaigns import acts, standing
from campaigns.routes import bp
from campaigns.standing_schemas import CitizenStandingOut, LookUpIn, StandingIn, StandingOut

SUBJECTS: tuple[tuple[str, standing.Subject], ...] = (
    ("citizens", Citizen),
    ("merchants", Merchant),
    ("stores", Store),
    ("terminals", Terminal),
)
Change = Callable[[Session, standing.Subject, str, str], once.Answer]
# To shut somebody out is done at once; to let somebody in again takes a proof.
WORDS: tuple[tuple[str, str, Policy, Change, str], ...] = (
    ("suspensions", "suspend", ORGANIZER, standing.suspend, "Shut out: refused everywhere from now on."),
    ("readmissions", "readmit", WARDEN, standing.readmit, "Let in again."),
)


@bp.route("/citizens/look-ups", methods=["POST"])
@policy(HELP_DESK)
@bp.arguments(LookUpIn)
@bp.response(200, CitizenStandingOut)
def look_up_citizen(asked: dict[str, str]) -> dict[str, Any]:
    """Find one citizen by ID number, phone or displayed code. The look is in the audit trail."""
    ((by, value),) = asked.items()
    with sql.reading() as session:
        shown = standing.look_up(session, by, value)
    acts.looked("citizen.look", shown["citizen_id"])
    return shown


def _door(rule: str, subject: standing.Subject, act: str, of: Policy, change: Change, summary: str) -> None:
    """One address per subject and act; they differ in nothing else."""

    @policy(of)
    @bp.arguments(StandingIn)
    @bp.response(200, StandingOut)
    def change_standing(asked: dict[str, str], subject_id: str) -> Any:
        actor_id = current_staff().id
        answer = acts.perform(
            f"{subject.__tablename__}.{act}",
            subject_id,
            lambda session: change(session, subject, subject_id, actor_id),
            asked["reason"],
        )
        return once.rendered(answer)

    change_standing.__doc__ = summary
    bp.route(rule, endpoint=f"{act}_{subject.__tablename__}", methods=["POST"])(change_standing)


for _subjects, _subject in SUBJECTS:
    for _word, _act, _of, _change, _summary in WORDS:
        _door(f"/{_subjects}/<subject_id>/{_word}", _subject, _act, _of, _change, _summary)
