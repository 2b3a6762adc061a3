"""Every list that a page shows, asked for at its door, by somebody who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from app import clock, sessions, sql
from app.auth import policy_of
from app.extensions import db

# The tables in which the ids of an address stand; of each so many are tried.
IDS = {
    "campaign_id": "campaign",
    "batch_id": "batch",
    "settlement_id": "settlement_batch",
    "terminal_id": "terminal",
    "list_id": "target_list",
    "webhook_id": "webhook",
    "case_id": "hold_case",
    "export_id": "export_job",
    "application_id": "merchant_application",
    "account_id": "bank_account",
}
MOST = 30
# What a citizen brings back, a till signs for, or nobody has yet is no list of a page.
SIGNED = ("terminal", "phone", "metrics")


def longest(app: Flask) -> dict[str, int]:
    """Each address of a list, and how long it is for who has most of it; asked for until it is not empty."""
    with app.app_context():
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        listed = {rule.rule: [*_sizes(app, rule)] for rule in rules if _policy(rule) not in SIGNED}
    return {rule: max(sizes) for rule, sizes in listed.items() if sizes}


def _policy(rule: Rule) -> str:
    found = policy_of(rule.endpoint)
    return found.name.partition(":")[0] if found else "terminal"


def _sizes(app: Flask, rule: Rule) -> Iterator[int]:
    """How long the list is for each who asks; nothing where it is no list."""
    names = sorted(rule.arguments)
    if not all(name in IDS for name in names):
        return
    for token, values in product(_tokens(_policy(rule)), product(*(_ids(IDS[name]) for name in names))):
        size = _size(app, rule, token, dict(zip(names, values, strict=True)))
        if size is not None:
            yield size
        if size:
            return


def _size(app: Flask, rule: Rule, token: str, values: dict[str, str]) -> int | None:
    with app.test_request_context():
        _, path = rule.build(values) or ("", "")
    reply = app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
    body: Any = reply.get_json(silent=True)
    items = body.get("items") if isinstance(body, dict) else None
    return len(items) if isinstance(items, list) else None


def _tokens(policy: str) -> list[str]:
    if policy == "staff":
        return [
            sessions.staff_token(staff_id)[0] for staff_id in _ids("staff")[:1]
        ]  # the organizer is the first
    if policy == "merchant_staff":
        return [sessions.staff_token(staff_id, "merchant_staff")[0] for staff_id in _ids("merchant_staff")]
    if policy == "citizen":
        return [sessions.citizen_token(citizen_id, clock.now())[0] for citizen_id in _ids("citizen")]
    return [""]


def _ids(table: str) -> list[str]:
    columns = db.metadata.tables[table].columns
    with sql.reading() as session:
        wanted = select(columns["id"]).order_by(columns["id"]).limit(MOST)
        return [str(found) for found in session.scalars(wanted)]
