"""Who of the organizer's staff may do what: the whole table, and every door of theirs is in it."""

from __future__ import annotations

import pytest
from flask import Flask

from app import sessions, sql
from app.auth import policy_of
from app.ids import new_id
from app.models import AuditLog
from campaigns import people

ROLES = people.ROLES
ORGANIZER = ("organizer",)
AUTHOR, APPROVER, MONEY = ("organizer", "author"), ("organizer", "approver"), ("organizer", "finance")
SECOND = ("organizer", "approver", "finance")
READERS = ("organizer", "author", "approver", "finance", "auditor")
# Below /organizer/v1. A new door of theirs is decided about here.
MAY: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/campaigns"): ROLES,
    ("GET", "/campaigns/<campaign_id>"): ROLES,
    ("GET", "/anchors"): READERS,
    ("GET", "/anchors/<day>/file"): READERS,
    ("GET", "/totp"): ROLES,
    **{("POST", f"/totp{word}"): ROLES for word in ("", "/confirmations", "/proofs")},
    ("POST", "/totp-resets"): ORGANIZER,
    ("GET", "/campaigns/<campaign_id>/left-over"): READERS,
    ("GET", "/campaigns/<campaign_id>/opening"): READERS,
    ("GET", "/campaigns/<campaign_id>/settlements"): READERS,
    ("GET", "/campaigns/<campaign_id>/statistics"): READERS,
    ("GET", "/campaigns/<campaign_id>/treasury-returns"): READERS,
    ("GET", "/batches/<batch_id>/lottery/effect"): READERS,
    ("GET", "/exports"): READERS,
    ("GET", "/exports/<export_id>"): READERS,
    ("GET", "/exports/<export_id>/file"): READERS,
    ("GET", "/settlements/<settlement_id>"): READERS,
    ("GET", "/settlements/<settlement_id>/payouts"): READERS,
    ("GET", "/settlements/<settlement_id>/sample"): READERS,
    ("GET", "/payout-files/<file_id>"): ("organizer", "finance", "auditor"),
    ("GET", "/campaigns/<campaign_id>/adjustments"): READERS,
    ("GET", "/campaigns/<campaign_id>/hold-cases"): READERS,
    ("GET", "/hold-cases/<case_id>"): READERS,
    ("GET", "/identity-check"): READERS,
    ("GET", "/audit-log"): ("organizer", "auditor"),
    ("GET", "/events"): READERS,
    ("GET", "/ankang-code/counters"): READERS,
    ("GET", "/batches/<batch_id>/draws"): READERS,
    ("GET", "/batches/<batch_id>/target-lists"): READERS,
    ("GET", "/target-lists/<list_id>"): READERS,
    ("GET", "/target-lists/<list_id>/report"): READERS,
    ("GET", "/terminals/<terminal_id>/keys"): ROLES,
    ("GET", "/merchant-applications"): READERS,
    ("GET", "/merchant-applications/<application_id>"): ("organizer", "approver", "auditor"),
    ("GET", "/bank-accounts"): READERS,
    ("GET", "/bank-accounts/<account_id>"): ("organizer", "finance", "auditor"),
    ("POST", "/campaigns/<campaign_id>/lint"): READERS,
    ("POST", "/campaigns"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/clones"): AUTHOR,
    ("POST", "/batch-previews"): AUTHOR,
    ("PATCH", "/campaigns/<campaign_id>"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/batches"): AUTHOR,
    ("PATCH", "/batches/<batch_id>"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/submissions"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/approvals"): APPROVER,
    ("POST", "/campaigns/<campaign_id>/rejections"): APPROVER,
    ("POST", "/campaigns/<campaign_id>/pause"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/resume"): AUTHOR,
    ("POST", "/campaigns/<campaign_id>/close"): AUTHOR,
    ("POST", "/batches/<batch_id>/target-lists"): AUTHOR,
    ("POST", "/target-lists/<list_id>/approvals"): SECOND,
    ("POST", "/batches/<batch_id>/public-values"): AUTHOR,
    ("POST", "/batches/<batch_id>/draws"): APPROVER,
    ("POST", "/campaigns/<campaign_id>/indirect-estimates"): AUTHOR,
    ("POST", "/exports"): MONEY,
    ("POST", "/campaigns/<campaign_id>/settlements"): MONEY,
    ("POST", "/settlements/<settlement_id>/approvals"): MONEY,
    ("POST", "/settlements/<settlement_id>/payouts"): MONEY,
    ("POST", "/settlements/<settlement_id>/reviews"): MONEY,
    ("POST", "/payout-results"): MONEY,
    ("POST", "/campaigns/<campaign_id>/hold-scans"): MONEY,
    ("POST", "/holds"): MONEY,
    ("POST", "/hold-cases/<case_id>/decisions"): SECOND,
    ("POST", "/campaigns/<campaign_id>/adjustments"): MONEY,
    ("POST", "/adjustments/<adjustment_id>/decisions"): SECOND,
    ("POST", "/campaigns/<campaign_id>/treasury-returns"): MONEY,
    ("POST", "/treasury-returns/<return_id>/approvals"): SECOND,
    ("POST", "/treasury-returns/<return_id>/refusals"): SECOND,
    ("POST", "/bank-accounts/<account_id>/verifications"): MONEY,
    ("POST", "/bank-accounts/<account_id>/refusals"): MONEY,
    **{
        ("POST", f"/merchant-applications/<application_id>/{word}"): APPROVER
        for word in ("returns", "rejections", "approvals")
    },
    ("GET", "/staff"): ("organizer", "auditor"),
    ("POST", "/staff"): ORGANIZER,
    ("PATCH", "/staff/<staff_id>"): ORGANIZER,
    ("GET", "/webhooks"): ("organizer", "auditor"),
    ("POST", "/webhooks"): ORGANIZER,
    ("PATCH", "/webhooks/<webhook_id>"): ORGANIZER,
    ("GET", "/webhooks/<webhook_id>/deliveries"): ("organizer", "auditor"),
    ("POST", "/webhooks/<webhook_id>/deliveries/<event_id>/resends"): ORGANIZER,
    **{
        ("POST", f"/webhooks/<webhook_id>/{word}"): ORGANIZER
        for word in ("secrets", "suspensions", "resumptions")
    },
    ("POST", "/merchants"): ORGANIZER,
    ("POST", "/merchants/<merchant_id>/stores"): ORGANIZER,
    ("POST", "/stores/<store_id>/terminals"): ORGANIZER,
    ("POST", "/terminals/<terminal_id>/keys"): ORGANIZER,
    ("POST", "/terminal-keys/<key_id>/revocations"): ORGANIZER,
    ("POST", "/citizens/look-ups"): ("organizer", "support"),
    ("GET", "/desk/residents/<citizen_id>"): ("agent",),
    **{
        ("POST", f"/desk/{word}"): ("agent",)
        for word in (
            "applications",
            "visits",
            "residents/<citizen_id>/claims",
            "sheets",
            "sheets/<sheet_id>/reprints",
            "sheets/<sheet_id>/revocations",
        )
    },
    **{
        ("POST", f"/{subjects}/<subject_id>/{word}"): ORGANIZER
        for subjects in ("citizens", "merchants", "stores", "terminals")
        for word in ("suspensions", "readmissions")
    },
}


@pytest.fixture(scope="module")
def staff(scratch: Flask) -> dict[str, str]:
    """Somebody of each role: the id."""
    with scratch.app_context():
        return {role: people.create(new_id(role), "某人", role, "a-long-password") for role in ROLES}


def doors(app: Flask) -> set[tuple[str, str]]:
    """Every door of the organizer's staff."""
    with app.app_context():
        return {
            (method, rule.rule.removeprefix("/organizer/v1"))
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/organizer/v1/")
            and (found := policy_of(rule.endpoint))
            and found.name.startswith("staff:")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }


def test_the_table_names_every_door(scratch: Flask):
    """A door that is not in it was not decided about."""
    assert doors(scratch) - set(MAY) == set(), "decide who may enter these"
    assert set(MAY) - doors(scratch) == set(), "these are gone"


@pytest.mark.case(40)
@pytest.mark.parametrize("role", ROLES)
def test_case_40_each_role_gets_through_its_own_doors_only(scratch: Flask, staff: dict[str, str], role: str):
    """403 `forbidden` everywhere else, and each such attempt is in the trail with who, what, when and why."""
    with scratch.app_context():
        token, _ = sessions.staff_token(staff[role])
    client, sent, let_in = scratch.test_client(), {"Authorization": f"Bearer {token}"}, set()
    for method, rule in MAY:
        path = rule.replace("<", "").replace(">", "")
        reply = client.open(
            f"/organizer/v1{path}", method=method, headers=sent, json=None if method == "GET" else {}
        )
        if reply.status_code != 403:
            let_in.add((method, rule))
    assert let_in == {door for door, roles in MAY.items() if role in roles}
    with scratch.app_context(), sql.reading() as session:
        tried = session.query(AuditLog).filter_by(actor_id=staff[role], result="forbidden").all()
    assert {entry.action for entry in tried} == {
        f"{method} /organizer/v1{rule}"[:48] for method, rule in set(MAY) - let_in
    }
    assert all(entry.at and entry.object_id and entry.reason == f"角色 role: {role}" for entry in tried)


def test_an_auditor_reads_everything_and_writes_nothing():
    """But the second factor of one's own login. Lint changes nothing. Who sits at a desk is no reading."""
    reads = {door for door in MAY if door[0] == "GET" or door[1].endswith("/lint")}
    reads -= {door for door in reads if door[1].startswith("/desk/")}
    reads |= {door for door in MAY if door[1].partition("/")[2].split("/")[0] == "totp"}
    assert {door for door, roles in MAY.items() if "auditor" in roles} == reads


def test_nobody_but_an_organizer_asks_and_decides():
    """The roles keep two persons apart; an organizer is kept apart from himself by each use case (I18)."""
    for asks, decides in (
        ("/campaigns/<campaign_id>/submissions", "/campaigns/<campaign_id>/approvals"),
        ("/batches/<batch_id>/public-values", "/batches/<batch_id>/draws"),
        ("/batches/<batch_id>/target-lists", "/target-lists/<list_id>/approvals"),
    ):
        assert set(MAY["POST", asks]) & set(MAY["POST", decides]) == {"organizer"}
