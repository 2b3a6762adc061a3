"""Who of a merchant's staff may do what: the whole table, and every door of theirs is in it."""

from __future__ import annotations

from functools import partial

import pytest
from flask import Flask

from app import sessions, sql
from app.auth import policy_of
from app.ids import new_id
from app.merchants import office, places

ROLES = ("owner", "finance", "cashier")
OWNER, TREASURER, ALL = ("owner",), ("owner", "finance"), ROLES
MAY: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/merchant/v1/me"): ALL,
    ("GET", "/merchant/v1/stores"): OWNER,
    ("POST", "/merchant/v1/stores"): OWNER,
    ("POST", "/merchant/v1/stores/<part_id>/suspensions"): OWNER,
    ("POST", "/merchant/v1/stores/<part_id>/resumptions"): OWNER,
    ("GET", "/merchant/v1/terminals"): OWNER,
    ("POST", "/merchant/v1/terminals"): OWNER,
    ("POST", "/merchant/v1/terminals/<part_id>/suspensions"): OWNER,
    ("POST", "/merchant/v1/terminals/<part_id>/resumptions"): OWNER,
    ("POST", "/merchant/v1/terminals/<terminal_id>/keys"): OWNER,
    ("GET", "/merchant/v1/staff"): OWNER,
    ("POST", "/merchant/v1/staff"): OWNER,
    ("POST", "/merchant/v1/staff/<part_id>/suspensions"): OWNER,
    ("POST", "/merchant/v1/staff/<part_id>/resumptions"): OWNER,
    ("GET", "/merchant/v1/bank-accounts"): TREASURER,
    ("POST", "/merchant/v1/bank-accounts"): TREASURER,
    ("GET", "/merchant/v1/settlements"): TREASURER,
    ("GET", "/merchant/v1/statements"): TREASURER,
    ("GET", "/merchant/v1/statements/<statement_id>"): TREASURER,
    ("GET", "/merchant/v1/hold-cases"): TREASURER,
    ("POST", "/merchant/v1/hold-cases/<case_id>/appeals"): TREASURER,
    ("GET", "/merchant/v1/events"): TREASURER,
    ("GET", "/merchant/v1/webhooks"): OWNER,
    ("POST", "/merchant/v1/webhooks"): OWNER,
    ("PATCH", "/merchant/v1/webhooks/<webhook_id>"): OWNER,
    ("GET", "/merchant/v1/webhooks/<webhook_id>/deliveries"): OWNER,
    ("POST", "/merchant/v1/webhooks/<webhook_id>/deliveries/<event_id>/resends"): OWNER,
    ("POST", "/merchant/v1/webhooks/<webhook_id>/secrets"): OWNER,
    ("POST", "/merchant/v1/webhooks/<webhook_id>/suspensions"): OWNER,
    ("POST", "/merchant/v1/webhooks/<webhook_id>/resumptions"): OWNER,
    ("POST", "/merchant/v1/refund-approvals"): OWNER,
    ("PATCH", "/merchant/v1/settings"): OWNER,
}


@pytest.fixture(scope="module")
def tokens(scratch: Flask) -> dict[str, str]:
    """A session for each role of one merchant."""
    with scratch.test_request_context():
        merchant_id = sql.write(
            lambda session: places.register(session, {"name": "大观楼小吃"}).object_id or ""
        )
        made = {}
        for role in ROLES:
            terms = {"login": new_id("login"), "name": "店员", "role": role, "password_hash": "-"}
            hired = sql.write(partial(office.hire, merchant_id=merchant_id, terms=terms))
            made[role] = sessions.staff_token(str(hired.object_id), "merchant_staff")[0]
    return made


def doors(app: Flask) -> set[tuple[str, str]]:
    """Every door of merchants' staff."""
    with app.app_context():
        return {
            (method, rule.rule)
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/merchant/v1/")
            and (found := policy_of(rule.endpoint))
            and found.name.startswith("merchant_staff:")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }


def test_the_table_names_every_door(scratch: Flask):
    """A new door of theirs is decided about here."""
    assert set(MAY) == doors(scratch)


@pytest.mark.case(40)
@pytest.mark.parametrize("role", ROLES)
def test_case_40_each_role_gets_through_its_own_doors_only(scratch: Flask, tokens: dict[str, str], role: str):
    """403 `forbidden` everywhere else; a cashier's work is the till."""
    client, sent = scratch.test_client(), {"Authorization": f"Bearer {tokens[role]}"}
    let_in = set()
    for method, rule in MAY:
        path = rule.replace("<part_id>", "x_1").replace("<terminal_id>", "x_1")
        reply = client.open(path, method=method, headers=sent, json=None if method == "GET" else {})
        if reply.status_code != 403:
            let_in.add((method, rule))
    assert let_in == {door for door, roles in MAY.items() if role in roles}
