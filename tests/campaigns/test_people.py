"""The organizer's staff: a role holds from the next request on, nobody touches the own one, one organizer is left."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app import logins, sessions, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import AuditLog, Staff
from campaigns import people


@pytest.fixture
def boss(scratch: Flask) -> str:
    """An organizer; the id."""
    with scratch.app_context():
        return people.create(new_id("login"), "赵组织", "organizer", "a-long-password")


def ask(app: Flask, actor: str, method: str, path: str = "", body: Any = None) -> tuple[int, dict[str, Any]]:
    """What the door of staff answers this member."""
    with app.app_context():
        token, _ = sessions.staff_token(actor)
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("key")}
    reply = app.test_client().open(f"/organizer/v1/staff{path}", method=method, headers=sent, json=body)
    return reply.status_code, reply.get_json()


def hired(app: Flask, boss: str, role: str = "support") -> str:
    """A colleague; the id."""
    terms = {"login": new_id("login"), "name": "钱同事", "role": role, "password": "a-long-password"}
    status, made = ask(app, boss, "POST", body=terms)
    assert (status, made["role"], made["has_second_factor"]) == (201, role, False)
    return str(made["staff_id"])


def test_a_colleague_is_hired_once_and_signs_in(scratch: Flask, boss: str):
    """A login is somebody's; the password is kept as a hash."""
    terms = {"login": new_id("login"), "name": "钱同事", "role": "finance", "password": "a-long-password"}
    assert ask(scratch, boss, "POST", body=terms)[0] == 201
    assert ask(scratch, boss, "POST", body=terms)[1]["code"] == "login_taken"
    with scratch.test_request_context():
        assert logins.sign_in(Staff, terms["login"], "a-long-password").role == "finance"


def test_another_role_holds_at_once(scratch: Flask, boss: str):
    """The session that was open before reads the list now, and not before; the trail tells from whom."""
    colleague = hired(scratch, boss)
    assert ask(scratch, colleague, "GET")[0] == 403
    to = {"role": "auditor", "reason": "调岗"}
    assert ask(scratch, boss, "PATCH", f"/{colleague}", to)[1]["role"] == "auditor"
    assert ask(scratch, colleague, "GET")[0] == 200
    assert ask(scratch, boss, "PATCH", f"/{colleague}", {"status": "suspended", "reason": "离岗"})[0] == 200
    assert ask(scratch, colleague, "GET")[0] == 401
    with scratch.app_context(), sql.reading() as session:
        found = session.query(AuditLog).filter_by(object_id=colleague, actor_id=boss).order_by(AuditLog.id)
        assert [(entry.action, entry.reason) for entry in found][-2:] == [
            ("staff.role", "auditor: 调岗"),
            ("staff.status", "suspended: 离岗"),
        ]


def test_nobody_changes_the_own_role(scratch: Flask, boss: str):
    """Nor the own standing; the attempt is in the trail."""
    for to in ({"role": "auditor"}, {"status": "suspended"}):
        status, told = ask(scratch, boss, "PATCH", f"/{boss}", {**to, "reason": "自己来"})
        assert (status, told["code"]) == (403, "own_role")
    with scratch.app_context(), sql.reading() as session:
        assert session.query(AuditLog).filter_by(object_id=boss, result="own_role").count() == 2


def test_an_organizer_is_always_left(scratch: Flask, boss: str):
    """Who was suspended a moment ago cannot suspend the last one, although that request had been let in already."""
    with scratch.app_context():
        other = people.create(new_id("login"), "钱组织", "organizer", "a-long-password")
        everybody_else = update(Staff).where(Staff.role == "organizer", Staff.id != boss)
        sql.write(lambda session: session.execute(everybody_else.values(status="suspended")))
        for to in ({"status": "suspended"}, {"role": "finance"}):
            with pytest.raises(Refused) as refused:
                sql.write(partial(people.change, staff_id=boss, to=to, actor_id=other))
            assert refused.value.refusal is Refusal.LAST_ORGANIZER


def test_a_change_says_what_and_why(scratch: Flask, boss: str):
    """Without a role, a standing or a reason nothing is changed."""
    colleague = hired(scratch, boss)
    for body in ({"reason": "没有内容"}, {"role": "auditor"}, {"role": "king", "reason": "没有"}):
        assert ask(scratch, boss, "PATCH", f"/{colleague}", body)[1]["code"] == "request_invalid"
    body = {"role": "auditor", "reason": "查无此人"}
    assert ask(scratch, boss, "PATCH", "/stf_nobody", body)[1]["code"] == "staff_not_found"
