"""Every write from outside has a name of its own, and happens once (IETF Idempotency-Key draft).

The answer is stored in the transaction that holds its effect; a repeated key gets the stored answer. There is no
"running" state: the row is written complete or not at all, and a twin waits in the primary key for the first one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson
from flask import request
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import vault

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
RESERVE = text(
    "INSERT INTO idempotency (caller, operation, key, request_hash, status, body, created_at)"
    " VALUES (:caller, :operation, :key, :request_hash, 0, '', :at)"
    " ON CONFLICT (caller, operation, key) DO NOTHING RETURNING key"
)
COMPLETE = text(
    "UPDATE idempotency SET status = :status, body = :body, object_id = :object_id"
    " WHERE caller = :caller AND operation = :operation AND key = :key"
)
LOOK_UP = text(
    "SELECT request_hash, status, body, object_id FROM idempotency"
    " WHERE caller = :caller AND operation = :operation AND key = :key"
)


LOOK_UP_ALL = sql.SetWise(
    "SELECT i.caller, i.operation, i.key, i.request_hash, i.status, i.body, i.object_id FROM idempotency i"
    " JOIN {items} ON i.caller = item.caller AND i.operation = item.operation AND i.key = item.key",
    caller="text",
    operation="text",
    key="text",
)
# Fence: one answer a key. Whoever finds the row taken runs again and finds the answer in it.
STORE_ALL = sql.SetWise(
    "INSERT INTO idempotency (caller, operation, key, request_hash, status, body, object_id, created_at)"
    " SELECT caller, operation, key, request_hash, status, body, object_id, created_at FROM {items} WHERE true"
    " ON CONFLICT (caller, operation, key) DO NOTHING",
    caller="text",
    operation="text",
    key="text",
    request_hash="text",
    status="bigint",
    body="text",
    object_id="text",
    created_at="bigint",
)


class Write(NamedTuple):
    """What makes a write the same write: who, which operation, which key, which content."""

    caller: str
    operation: str
    key: str
    request_hash: str

    @property
    def row(self) -> tuple[str, str, str]:
        """The primary key of its row."""
        return self[:3]

    @property
    def name(self) -> dict[str, str]:
        """The primary key by column."""
        return {"caller": self.caller, "operation": self.operation, "key": self.key}


@dataclass(frozen=True)
class Answer:
    """A final answer: an effect (status 2xx and body), or a decided refusal with its facts."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    object_id: str | None = None
    refusal: Refusal | None = None
    replayed: bool = False

    @classmethod
    def refused(cls, error: Refused) -> Answer:
        """A decided refusal as something that can be stored."""
        return cls(0, body=error.facts, refusal=error.refusal)

    @cached_property
    def text(self) -> str:
        """Its body as JSON, written once: what is stored is what is sent."""
        return orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS).decode()

    def dump(self) -> str:
        """The stored form."""
        code = f'"{self.refusal.code}"' if self.refusal else "null"
        return f'{{"code": {code}, "body": {self.text}}}'


def named(caller: str, operation: str) -> Write:
    """The write that the current request asks for. Raises Refused where its key is missing or malformed."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key:
        raise Refused(Refusal.KEY_MISSING)
    if not KEY.fullmatch(key):
        raise Refused(Refusal.KEY_INVALID)
    return Write(caller, operation, key, request_hash(request.path, request.get_json(silent=True)))


def discreet(write: Write) -> Write:
    """The same write with its content remembered by a keyed hash: a plain one of a password could be guessed from."""
    return write._replace(request_hash=vault().blind_index("request", write.request_hash))


def request_hash(path: str, body: Any) -> str:
    """What tells another request under the same key."""
    try:
        content = orjson.dumps([path, body], option=orjson.OPT_SORT_KEYS).decode()
    except (
        TypeError
    ):  # numbers beyond 64 bits, halves of characters: JSON, and nothing that any schema lets in
        content = json.dumps([path, body], sort_keys=True, separators=(",", ":"))
    return digest(content)


def digest(content: str) -> str:
    """What a content is remembered by."""
    return hashlib.sha256(content.encode()).hexdigest()


def look_up(write: Write, session: Session) -> Answer | None:
    """The stored answer of this key, if there is one. Raises Refused(KEY_MISMATCH) for other content."""
    found = _matching(write, session.execute(LOOK_UP, write.name).one_or_none())
    if isinstance(found, Refused):
        raise found
    return found


def _restored(row: Row[Any]) -> Answer:
    content = json.loads(row.body)
    refusal = Refusal.of(content["code"]) if content["code"] else None
    return Answer(row.status, content["body"], row.object_id, refusal, replayed=True)


def look_up_all(session: Session, writes: Sequence[Write]) -> list[Answer | Refused | None]:
    """The stored answer of each write, None where there is none, Refused(KEY_MISMATCH) for other content."""
    return _ask_all(session, writes)()


def _ask_all(session: Session, writes: Sequence[Write]) -> Callable[[], list[Answer | Refused | None]]:
    heard = LOOK_UP_ALL.ask(session, [write.name for write in writes])

    def known() -> list[Answer | Refused | None]:
        rows = {(row.caller, row.operation, row.key): row for row in heard()}
        return [_matching(write, rows.get(write.row)) for write in writes]

    return known


class Keyed(Protocol):
    """Something in a group that is asked for under a key."""

    @property
    def write(self) -> Write:
        """Its key."""


K = TypeVar("K", bound=Keyed)
H = TypeVar("H")


def answer_all(
    session: Session,
    group: Sequence[K],
    hold: Callable[[Session, Sequence[K]], Callable[[], H]],
    decide: Callable[[Session, Sequence[K], H], Sequence[Answer]],
) -> list[Answer | Exception]:
    """Known keys get their stored answers, the others what is decided of them together; in the order of the group.

    `hold` locks what decides: for all of them, on the trip that looks up their keys, since most keys are new. It may
    change nothing for a known key.
    """
    with sql.one_trip(session):
        asked, held = _ask_all(session, [each.write for each in group]), hold(session, group)
    known = asked()
    fresh = [each for each, found in zip(group, known, strict=True) if found is None]
    answers = iter(decide(session, fresh, held()) if fresh else [])
    return [found or next(answers) for found in known]


def _matching(write: Write, row: Row[Any] | None) -> Answer | Refused | None:
    if row is None:
        return None
    return _restored(row) if row.request_hash == write.request_hash else Refused(Refusal.KEY_MISMATCH)


def store_all(session: Session, answers: Sequence[tuple[Write, Answer]]) -> None:
    """Store final answers in the transaction of their effects. Raises LostRace where a twin was faster.

    In the order of the primary key: two processes with the same keys wait for each other, never both ways.
    """
    at = clock.now()
    rows = [
        {
            **write.name,
            "request_hash": write.request_hash,
            "status": answer.status,
            "body": answer.dump(),
            "object_id": answer.object_id,
            "created_at": at,
        }
        for write, answer in sorted(answers, key=lambda stored: stored[0].row)
    ]
    STORE_ALL.must(session, rows, "idempotency")


def stored(caller: str, operation: str, key: str) -> Answer | None:
    """The answer stored under a name, whatever its content was: for looking up a lost reply."""
    with sql.looking() as connection:
        row = connection.execute(
            LOOK_UP, {"caller": caller, "operation": operation, "key": key}
        ).one_or_none()
    return None if row is None else _restored(row)


def find(write: Write) -> Answer | None:
    """`look_up` in a short read of its own."""
    with sql.reading() as session:
        return look_up(write, session)


def perform(write: Write, work: Callable[[Session], Answer]) -> Answer:
    """Do `work` once under this name, in one transaction with its stored answer.

    Lost races and lost COMMIT replies run again with the same key and end in the same answer. Raises whatever
    `work` raises (then nothing is stored), and Refused for a decided refusal after it has been stored.
    """

    def transaction(session: Session) -> Answer:
        if session.execute(
            RESERVE, {**write.name, "request_hash": write.request_hash, "at": clock.now()}
        ).first():
            answer = work(session)
            complete = {"status": answer.status, "body": answer.dump(), "object_id": answer.object_id}
            session.execute(COMPLETE, write.name | complete)
            return answer
        found = look_up(write, session)
        assert found is not None
        return found

    return final(sql.write(transaction))


def final(answer: Answer) -> Answer:
    """The answer if it is an effect; raises Refused if it is a refusal, marked when it is a replay."""
    if answer.refusal is not None:
        facts = {**answer.body, "replayed": True} if answer.replayed else answer.body
        raise Refused(answer.refusal, **facts)
    return replace(answer, status=200) if answer.replayed else answer


def rendered(answer: Answer) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Body, status and headers of an answer, as a view returns them."""
    return answer.body, answer.status, {"Idempotent-Replayed": "true"} if answer.replayed else {}
