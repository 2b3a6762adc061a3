"""Every write from outside happens once, whoever repeats it, whenever, and whatever was lost; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import once, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import db
from tests.kit import inside
from tests.kit.lossy import LossyWire
from tests.kit.servers import Postgres
from tests.kit.together import all_at_once

COUNT = text(
    "INSERT INTO counter (kind, scope_id, subject_id, day, used, cap) VALUES ('once', :key, '', '', 1, 1000000)"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET used = counter.used + 1"
)
READ = text("SELECT used FROM counter WHERE kind = 'once' AND scope_id = :key")


@pytest.fixture
def there(scratch: Flask) -> Iterator[Flask]:
    """Inside the application."""
    with scratch.app_context():
        yield scratch


def a_write(caller: str = "trm_1", key: str | None = None, content: str = "12000") -> once.Write:
    """A write with a fresh key."""
    return once.Write(caller, "redeem", key or token_hex(12), content)


def effect(write: once.Write) -> Callable[[Session], once.Answer]:
    """Work whose effects can be counted, with an answer of its own each time it is done."""

    def work(session: Session) -> once.Answer:
        session.execute(COUNT, {"key": write.key})
        return once.Answer(201, {"receipt": token_hex(8)}, "rdm_1")

    return work


def effects(write: once.Write) -> int:
    """How often the work of this key took effect."""
    with sql.reading() as session:
        return session.scalar(READ, {"key": write.key}) or 0


def perform(app: Flask, write: once.Write) -> once.Answer | Refusal:
    """Perform in whatever thread this is."""
    with app.app_context():
        try:
            return once.perform(write, effect(write))
        except Refused as refused:
            return refused.refusal


def test_a_repeated_key_gets_the_stored_answer(there: Flask):
    """The same body, as a replay, and no second effect."""
    write = a_write()
    first = once.perform(write, effect(write))
    again = once.perform(write, effect(write))
    assert (first.status, first.replayed) == (201, False)
    assert (again.status, again.replayed) == (200, True)
    assert (again.body, again.object_id) == (first.body, first.object_id)
    assert once.find(write) == once.Answer(201, first.body, "rdm_1", replayed=True)
    assert effects(write) == 1


@pytest.mark.race
def test_twins_at_the_same_moment_have_one_effect_and_one_answer(there: Flask):
    """Eight threads, one key: one does it, seven wait in the primary key and read."""
    write = a_write()
    answers = all_at_once([lambda: perform(there, write)] * 8)
    bodies = [answer.body for answer in answers if isinstance(answer, once.Answer)]
    assert len(bodies) == 8 and all(body == bodies[0] for body in bodies)
    assert sorted(answer.status for answer in answers if isinstance(answer, once.Answer)) == [200] * 7 + [201]
    assert effects(write) == 1


@pytest.mark.race
def test_twins_with_other_content_at_the_same_moment_never_both_win(there: Flask):
    """One effect; everybody with the other content is told so."""
    key = token_hex(12)
    writes = [a_write(key=key, content=content) for content in ("12000", "13000") * 4]
    answers = all_at_once([partial(perform, there, write) for write in writes])
    granted = {
        write.request_hash
        for write, answer in zip(writes, answers, strict=True)
        if isinstance(answer, once.Answer)
    }
    assert len(granted) == 1 and answers.count(Refusal.KEY_MISMATCH) == 4
    assert effects(writes[0]) == 1


@pytest.mark.case(28)
def test_case_28_the_same_key_with_other_content_changes_nothing(there: Flask):
    """`idempotency_mismatch`, for the look-up and for the write; the first answer stays."""
    write = a_write()
    first = once.perform(write, effect(write))
    other = a_write(key=write.key, content="13000")
    for attempt in (lambda: once.perform(other, effect(other)), lambda: once.find(other)):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.refusal is Refusal.KEY_MISMATCH
    found = once.find(write)
    assert found is not None and found.body == first.body and effects(write) == 1


@pytest.mark.case(28)
def test_case_28_the_same_key_of_another_caller_is_another_key(there: Flask):
    """And never shows the first one's result."""
    mine, theirs = a_write("trm_1", "same-key-1"), a_write("trm_2", "same-key-1")
    first = once.perform(mine, effect(mine))
    assert once.find(theirs) is None
    second = once.perform(theirs, effect(theirs))
    assert not second.replayed and second.body != first.body and effects(mine) == 2


def test_a_decided_refusal_is_stored_and_replayed_with_its_facts(there: Flask):
    """The same refusal for ever, marked as a replay the second time."""
    write = a_write()

    def refuse(session: Session) -> once.Answer:
        return once.Answer.refused(Refused(Refusal.THRESHOLD_NOT_MET, shortfall_fen=1_000))

    facts = []
    for work in (refuse, effect(write)):
        with pytest.raises(Refused) as refused:
            once.perform(write, work)
        assert refused.value.refusal is Refusal.THRESHOLD_NOT_MET
        facts.append(refused.value.facts)
    assert facts == [{"shortfall_fen": 1_000}, {"shortfall_fen": 1_000, "replayed": True}]
    assert effects(write) == 0


def test_who_was_turned_away_may_succeed_with_the_same_key(there: Flask):
    """What the work raises is not stored, and leaves no trace of the work."""
    write = a_write()

    def turn_away(session: Session) -> once.Answer:
        effect(write)(session)
        raise Refused(Refusal.SOLD_OUT)

    with pytest.raises(Refused):
        once.perform(write, turn_away)
    assert (once.find(write), effects(write)) == (None, 0)
    assert not once.perform(write, effect(write)).replayed and effects(write) == 1


def test_no_answer_is_ever_stored_without_its_effect(there: Flask):
    """A crash between the effect and the answer takes both away."""
    write = a_write()

    def crash(session: Session) -> once.Answer:
        effect(write)(session)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        once.perform(write, crash)
    assert (once.find(write), effects(write)) == (None, 0)


def test_a_lost_commit_reply_ends_in_the_same_answer(there: Flask, monkeypatch: pytest.MonkeyPatch):
    """COMMIT took effect and then an error came: the work is looked up, not done again."""
    write, lost = a_write(), threading.Event()
    commit = db.engine.dialect.do_commit

    def commit_and_lose(connection: Any) -> None:
        commit(connection)
        if not lost.is_set():
            lost.set()
            raise OperationalError("COMMIT", {}, Exception("the reply was lost"))

    monkeypatch.setattr(db.engine.dialect, "do_commit", commit_and_lose)
    answer = once.perform(write, effect(write))
    assert lost.is_set() and effects(write) == 1
    assert once.perform(write, effect(write)).body == answer.body


def test_a_commit_whose_reply_is_lost_on_the_wire_ends_in_the_same_answer(postgres: Postgres):
    """PostgreSQL has committed, the line is cut before the reply: one effect, and the caller gets the answer."""
    wire = LossyWire(postgres.database("lossy"))
    app = inside.migrated(inside.environment(wire.url))
    with app.app_context():
        write = a_write()
        wire.lose_the_next_commit_reply()
        answer = once.perform(write, effect(write))
        assert (wire.lost, effects(write)) == (1, 1)
        assert once.perform(write, effect(write)).body == answer.body
    inside.close(app)
    wire.close()


@pytest.mark.parametrize("header", ["till-7_000123", '"till-7_000123"', "  till-7_000123 "])
def test_a_key_may_be_bare_or_a_quoted_structured_field(there: Flask, header: str):
    """As the IETF draft writes it, and as people do."""
    with there.test_request_context(
        "/merchant/v1/scans", method="POST", json={}, headers={"Idempotency-Key": header}
    ):
        assert once.named("trm_1", "scan").key == "till-7_000123"


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        ("", Refusal.KEY_MISSING),
        ('""', Refusal.KEY_MISSING),
        ("short-7", Refusal.KEY_INVALID),
        ("x" * 65, Refusal.KEY_INVALID),
        ("till 000123", Refusal.KEY_INVALID),
        ("till/000123", Refusal.KEY_INVALID),
    ],
)
def test_a_missing_or_malformed_key_is_refused(there: Flask, header: str, refusal: Refusal):
    """8 to 64 letters, digits, dashes, underscores."""
    with (
        there.test_request_context("/", method="POST", json={}, headers={"Idempotency-Key": header}),
        pytest.raises(Refused) as refused,
    ):
        once.named("trm_1", "scan")
    assert refused.value.refusal is refusal


def test_the_content_is_the_address_and_what_the_body_says(there: Flask):
    """Not how it is spelled: blanks and the order of fields make no other request, another amount or address does."""

    def hashed(path: str, body: str) -> str:
        headers = {"Idempotency-Key": "till-7-000123"}
        with there.test_request_context(
            path, method="POST", data=body, content_type="application/json", headers=headers
        ):
            return once.named("trm_1", "redeem").request_hash

    same = {hashed("/a", '{"x": 1, "y": "券"}'), hashed("/a", '{"y":"\\u5238","x":1}')}
    others = {
        hashed("/a", '{"x": 2, "y": "券"}'),
        hashed("/b", '{"x": 1, "y": "券"}'),
        hashed("/a", '{"x": 1}'),
    }
    assert len(same) == 1 and len(others | same) == 4
