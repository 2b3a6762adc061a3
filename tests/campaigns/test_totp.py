"""The second factor at its fences, on both databases: one code at the same moment, guesses at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock, logins, sessions, sql, totp
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Staff, StaffTotp
from campaigns import people
from tests.kit import authenticator
from tests.kit.together import all_at_once
from tests.mutants.kinds import Cut

MINUTE_MS = 60_000
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def now(scratch: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The platform's time, to be moved."""
    with scratch.app_context():
        at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


@pytest.fixture
def house(scratch: Flask, now: list[int]) -> Iterator[Flask]:
    """Its context."""
    with scratch.test_request_context():
        yield scratch


def enrolled(now: list[int], role: str = "approver") -> tuple[Staff, str]:
    """A member of staff with a confirmed second factor, and its secret; the next code is fresh."""
    login = new_id("login")
    people.create(login, "孙审批", role, "a-long-password")
    with sql.reading() as session:
        staff = session.query(Staff).filter_by(login=login).one()
    secret = totp.enrol(staff).secret
    totp.confirm(staff.id, authenticator.code(secret, now[0]))
    now[0] += authenticator.STEP_MS
    return staff, secret


def verdicts(house: Flask, staff: Staff, codes: list[str]) -> Counter[bool]:
    """How many of these, sent together, were taken."""

    def prove(code: str) -> bool:
        with house.test_request_context():
            try:
                return bool(totp.prove(staff.id, code))
            except Refused as refused:
                return refused.refusal is not Refusal.TOTP_WRONG

    return Counter(all_at_once([partial(prove, code) for code in codes]))


@pytest.mark.parametrize(
    ("at_s", "digits"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_the_digits_are_those_of_the_standard(at_s: int, digits: str):
    """RFC 6238, appendix B, the last six of eight."""
    assert authenticator.code(RFC_SECRET, at_s * 1000) == digits


@pytest.mark.parametrize("steps", range(-3, 4))
def test_a_phone_may_be_one_step_off_and_no_more(house: Flask, now: list[int], steps: int):
    """Half a minute, either way."""
    staff, secret = enrolled(now)
    now[0] += 5 * authenticator.STEP_MS
    shown = authenticator.code(secret, now[0] + steps * authenticator.STEP_MS)
    assert verdicts(house, staff, [shown])[True] == (abs(steps) <= 1)


def test_a_step_before_the_last_one_is_as_old_as_the_last_one(house: Flask, now: list[int]):
    """Whoever looked over a shoulder has nothing left, though the step is within the drift."""
    staff, secret = enrolled(now)
    now[0] += 5 * authenticator.STEP_MS
    before, this = (authenticator.code(secret, now[0] - back) for back in (authenticator.STEP_MS, 0))
    assert [verdicts(house, staff, [code])[True] for code in (this, before, this)] == [1, 0, 0]


@pytest.mark.race
def test_one_code_at_the_same_moment_is_taken_once(house: Flask, now: list[int]):
    """A proof is an act of one person at one moment, not a word that can be passed on."""
    staff, secret = enrolled(now)
    assert verdicts(house, staff, [authenticator.code(secret, now[0])] * 4) == {True: 1, False: 3}


@pytest.mark.race
def test_without_the_fence_it_would_be_taken_again(
    house: Flask, now: list[int], monkeypatch: pytest.MonkeyPatch
):
    """The mutant: what the test before sees is the condition on the step, nothing else."""
    monkeypatch.setattr(
        totp, "TAKE_STEP", Cut("app.totp", "TAKE_STEP", " AND last_step < :step").on(totp.TAKE_STEP)
    )
    staff, secret = enrolled(now)
    assert verdicts(house, staff, [authenticator.code(secret, now[0])] * 4)[True] > 1


@pytest.mark.race
def test_of_many_guesses_at_once_five_are_judged(house: Flask, now: list[int]):
    """The lock does not wait for the guesses to come one after another; the right one behind them is not looked at."""
    staff, secret = enrolled(now)
    wrong, right = authenticator.wrong(secret, now[0]), authenticator.code(secret, now[0])
    judged: list[str] = []
    counted = totp._step_of

    def noted(kept: StaffTotp, code: str) -> int | None:
        judged.append(code)
        return counted(kept, code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(totp, "_step_of", noted)
        assert verdicts(house, staff, [wrong] * 12) == {False: 12}
    assert len(judged) == logins.MAX_FAILURES
    assert verdicts(house, staff, [right]) == {False: 1}
    now[0] += logins.LOCK_MS
    assert verdicts(house, staff, [authenticator.code(secret, now[0])]) == {True: 1}


@pytest.mark.race
def test_wrong_passwords_at_once_are_counted_one_by_one(house: Flask):
    """A count that is read and written back would forget some."""
    login = new_id("login")
    staff_id = people.create(login, "孙审批", "approver", "a-long-password")

    def guess() -> None:
        with house.test_request_context(), pytest.raises(Refused):
            logins.sign_in(Staff, login, "a-wrong-password")

    all_at_once([guess] * (logins.MAX_FAILURES - 1))
    with sql.reading() as session:
        assert session.get_one(Staff, staff_id).failures == logins.MAX_FAILURES - 1


def test_a_secret_that_was_replaced_meanwhile_is_not_confirmed_by_the_old_one(house: Flask, now: list[int]):
    """The statement names the secret that was looked at."""
    login = new_id("login")
    staff_id = people.create(login, "孙审批", "approver", "a-long-password")
    with sql.reading() as session:
        staff = session.get_one(Staff, staff_id)
    old, new = totp.enrol(staff).secret, totp.enrol(staff).secret
    with pytest.raises(Refused, match="totp_wrong"):
        totp.confirm(staff_id, authenticator.code(old, now[0]))
    assert totp.confirm(staff_id, authenticator.code(new, now[0])) == now[0]


@pytest.mark.parametrize("role", ["organizer", "approver", "finance"])
def test_where_it_is_required_nobody_approves_without_one(
    house: Flask, now: list[int], monkeypatch: pytest.MonkeyPatch, role: str
):
    """`enrolled` tells a page which of the two to ask for; once enrolled and shown, the door is open."""
    strict = replace(house.extensions["settings"], totp_required=True)
    monkeypatch.setitem(house.extensions, "settings", strict)
    staff_id = people.create(new_id("login"), "孙审批", role, "a-long-password")
    doors = {
        "organizer": "/terminals/trm_nowhere/keys",
        "approver": "/campaigns/cmp_nowhere/approvals",
        "finance": "/settlements/stl_nowhere/approvals",
    }

    def ask(token: str) -> tuple[int, str, bool | None]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("key")}
        reply = house.test_client().post(f"/organizer/v1{doors[role]}", json={}, headers=headers)
        body = reply.get_json()
        return reply.status_code, body["code"], body.get("enrolled")

    assert ask(sessions.staff_token(staff_id)[0]) == (401, "totp_required", False)
    staff, _ = enrolled(now, role)
    assert ask(sessions.staff_token(staff.id)[0]) == (401, "totp_required", True)
    assert ask(sessions.staff_token(staff.id, proved_at=now[0])[0])[0] == 404
    with sql.reading() as session:
        tried = text("SELECT COUNT(*) FROM audit_log WHERE actor_id = :id AND result = 'totp_required'")
        assert session.scalar(tried, {"id": staff.id}) == 1
