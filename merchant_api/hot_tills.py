"""The till's doors in front of Flask: the usual scan and redemption of a live terminal (ADR 25).

Each takes a request whose signature and body are of the usual form, to the letter. Everything else, and every doubt, is
left to the view in `routes.py`, which gives the same answers (tests/merchant_api/test_hot_tills.py). Who signs is known
at once, by the signature alone; what stands of the key, its terminal, store and merchant is asked of SQL for all
requests of a group together, so who was suspended a moment ago is refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, NamedTuple, cast

import orjson
from flask import Flask
from sqlalchemy import Connection

from app import clock, metrics, once, overload, rates, sql
from app.ankang import reading
from app.ankang.scan import Till
from app.config import Settings
from app.domain.refusals import Refused
from app.hot import answers, crowd
from app.hot.answers import Told
from app.hot.crowd import Asked, Crowd
from app.terminal_keys import secret_under
from app.vouchers import commit, proof
from app.vouchers.proof import Found
from app.vouchers.redeem import redeem_all
from merchant_api import pinned, plain
from merchant_api.routes import wanted
from merchant_api.scans import Scanning, scan_all
from merchant_api.signature import ALWAYS, SKEW_S, find_keys, refuse_suspended, signed_by

COVERED = (*ALWAYS, "content-digest", "idempotency-key")
# A test terminal may have asked for faults: its requests are the view's.
LIVE = "live_"
KEY = re.compile(once.KEY.pattern.encode())
Outcome = once.Answer | Exception


class Signed(NamedTuple):
    """What a key has signed: a checked body under an idempotency key."""

    key_id: str
    key: str
    request_hash: str
    body: dict[str, Any]


class Heard(NamedTuple):
    """What became of it; whose request it was, and what is left of its quota, once that is known."""

    outcome: Outcome
    caller: str = "-"
    left: rates.Left | None = None


class Entered(NamedTuple):
    """A terminal that was let in."""

    till: Till
    left: rates.Left


class Act(NamedTuple):
    """What a door is about: the operation of its route, how its body is checked, who does it, how it is told.

    `look`: what it asks for on the trip that asks for the keys; `do` gets what that found.
    """

    operation: str
    route: str
    check: Callable[[dict[str, Any]], dict[str, Any] | None]
    look: Callable[[Connection, Sequence[dict[str, Any]]], Callable[[], Any]]
    do: Callable[[Sequence[tuple[Till, dict[str, Any], once.Write]], Any], Sequence[Outcome]]
    told: Callable[[once.Answer], str]


class HotTill:
    """One process's door for one act."""

    def __init__(self, app: Flask, act: Act) -> None:
        self._app, self._act = app, act
        settings = cast("Settings", app.extensions["settings"])
        self._secret_of = partial(secret_under, settings.secret_key)
        self._quota = rates.quota_of(app)
        self._path = act.route.partition(" ")[2]
        self._target = self._path.encode()
        self._crowd: Crowd[Signed, Heard] = Crowd(
            app,
            act.route,
            overload.Kind.TILL,
            lambda arrived: self._lane().submit(arrived),
            self._tell,
            commit.MOST_IN_A_GROUP,
            app.extensions["courtesy"],
        )

    def knows(self, method: bytes, target: bytes) -> bool:
        """Its own address."""
        return target == self._target and method == b"POST"

    def take(
        self,
        _target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        answer: Callable[[bytes], None],
    ) -> bool:
        """Answer it after its COMMIT; False when it is not of the usual form."""
        head = dict(headers)
        if len(head) != len(headers) or head.get(b"content-type") != b"application/json":
            return False
        signed = self._signed(head, body)
        if signed is None:
            return False
        self._crowd.queue(crowd.asked(head.get(b"x-request-id"), answer), signed)
        return True

    def _signed(self, head: Mapping[bytes, bytes], content: bytes) -> Signed | None:
        key = head.get(b"idempotency-key", b"")
        if not KEY.fullmatch(key):
            return None
        key_id = self._key_id(head, content)
        if key_id is None or not key_id.startswith(LIVE):
            return None
        body = plain.parsed(content)
        checked = None if body is None else self._act.check(body)
        if checked is None:
            return None
        return Signed(key_id, key.decode(), once.request_hash(self._path, body), checked)

    def _key_id(self, head: Mapping[bytes, bytes], body: bytes) -> str | None:
        def header(name: str) -> str | None:
            value = head.get(_sent(name))
            return None if value is None else value.decode("latin-1")

        message = pinned.Message("POST", header("Host") or "", self._path, "", body, header)
        now_s = time.time() + clock.offset_of(self._app) / 1000
        return pinned.key_id(message, COVERED, self._secret_of, now_s, SKEW_S)

    def _lane(self) -> commit.Lane[Signed, Heard]:
        return commit.lane(self._app, f"hot {self._act.operation}", self._serve, id)

    def _serve(self, group: list[Signed]) -> list[Heard]:
        """In the lane's thread: who may, does it together; the others hear why not."""
        with sql.looking() as connection, sql.one_trip(connection):
            of_keys = find_keys(connection, {each.key_id for each in group})
            looked = self._act.look(connection, [each.body for each in group])
            keys, found = of_keys(), looked()
        heard = [self._let_in(each, keys) for each in group]
        tills = [(each, till) for each, till in zip(group, heard, strict=True) if isinstance(till, Entered)]
        outcomes = iter(self._act.do([self._done(each, entered) for each, entered in tills], found))
        return [
            Heard(next(outcomes), each.till.terminal_id, each.left) if isinstance(each, Entered) else each
            for each in heard
        ]

    def _let_in(self, signed: Signed, keys: Mapping[str, Any]) -> Entered | Heard:
        """As `signature.check_terminal`."""
        caller, left = "-", None
        row = keys.get(signed.key_id)
        try:
            till = signed_by(row)
            caller = till.terminal_id
            refuse_suspended(row)
            left = self._quota.take(caller)
            left.require()
        except Refused as refused:
            return Heard(refused, caller, left)
        return Entered(till, left)

    def _done(self, signed: Signed, entered: Entered) -> tuple[Till, dict[str, Any], once.Write]:
        write = once.Write(entered.till.terminal_id, self._act.operation, signed.key, signed.request_hash)
        return entered.till, signed.body, write

    def _tell(self, asked: Asked, _: Signed, heard: Heard | Exception) -> Told:
        if isinstance(heard, Exception):
            return answers.outcome(heard, asked.trace_id, "-")
        quota = {} if heard.left is None else self._quota.told(heard.left)
        more = "".join(f"{name.lower()}: {value}\r\n" for name, value in quota.items())
        return answers.outcome(heard.outcome, asked.trace_id, heard.caller, more, self._act.told)


@lru_cache
def _sent(name: str) -> bytes:
    """The name of a header as the web server hands it over."""
    return name.lower().encode()


def _nothing(_: Connection, __: Sequence[dict[str, Any]]) -> Callable[[], None]:
    """A scan is looked up by its locks alone."""
    return lambda: None


def _scan(asked: Sequence[tuple[Till, dict[str, Any], once.Write]], _: None) -> Sequence[Outcome]:
    return scan_all(
        [
            Scanning(
                reading.read(till, body["code"], body["purpose"]), body.get("order", {}).get("order"), write
            )
            for till, body, write in asked
        ]
    )


def _proofs(connection: Connection, bodies: Sequence[dict[str, Any]]) -> Callable[[], Found]:
    for body in bodies:
        body["proof"] = proof.read(body.get("scan_token"), body.get("code"))
    return proof.find(connection, [body["proof"] for body in bodies])


def _redeem(asked: Sequence[tuple[Till, dict[str, Any], once.Write]], found: Found) -> Sequence[Outcome]:
    return redeem_all([(wanted(till, body), write) for till, body, write in asked], found)


def _scan_told(answer: once.Answer) -> str:
    """As `answers.AcceptedScanOut` gives it."""
    body = {**answer.body, "expires_at": clock.iso(answer.body["expires_at"])}
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


ACTS = (
    Act("scan", "POST /merchant/v1/scans", plain.scan, _nothing, _scan, _scan_told),
    Act("redeem", metrics.REDEEM, plain.redemption, _proofs, _redeem, attrgetter("text")),
)


def doors(app: Flask) -> list[HotTill]:
    """The doors of tills."""
    return [HotTill(app, act) for act in ACTS]
