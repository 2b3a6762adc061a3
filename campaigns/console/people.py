"""The organizer's staff in the console: who there is, who may do what, and how that is changed."""

from __future__ import annotations

from collections import defaultdict

from flask import current_app, render_template

from app import sql
from app.auth import TRAIL, WARDEN, admits, current_staff, policy, policy_of
from app.pages import catalogue
from campaigns import people
from campaigns.console.frame import bp

ROOT = "/organizer/v1/"
SUBJECT = "console.people.of."  # texts of subjects, by the first part of a door's address
ASKS = (
    "/lint",
    "-previews",
    "/look-ups",
)  # posted, for what they ask is long or private; they change nothing
READ, WRITE, PROVED = "read", "write", "proved"


@bp.get("/staff")
@policy(TRAIL)
def show_people() -> str:
    """Everybody, and the table of roles."""
    with sql.reading() as session:
        found = people.listed(session)
    me = current_staff()
    return render_template(
        "console/people.html",
        people=found,
        roles=people.ROLES,
        rights=rights(),
        may_write=admits(WARDEN, me.role),
        own_id=me.id,
        least=people.MIN_PASSWORD,
    )


def rights() -> dict[str, dict[str, str]]:
    """What each role may at most do with each subject, read off the policies of the JSON doors themselves."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    order = (READ, WRITE, PROVED)
    for rule in current_app.url_map.iter_rules():
        of = policy_of(rule.endpoint) if rule.rule.startswith(ROOT) else None
        if of is None or not of.roles:
            continue
        is_read = "GET" in (rule.methods or set()) or rule.rule.endswith(ASKS)
        level = READ if is_read else PROVED if of.name.endswith(":proved") else WRITE
        subject = _subject(rule.rule)
        for role in of.roles:
            found[subject][role] = max(found[subject].get(role, READ), level, key=order.index)
    return dict(sorted(found.items()))


def _subject(rule: str) -> str:
    """The subject of a door's address; `other` where the table of texts has no words for it."""
    name = rule.removeprefix(ROOT).partition("/")[0].replace("-", "_")
    return name if f"{SUBJECT}{name}" in catalogue.texts() else "other"
