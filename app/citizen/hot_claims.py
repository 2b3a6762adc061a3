"""The claim door in front of Flask: the plain claim, answered in the web server's loop (design 3.1, hop 1).

It takes a request that is a claim to the letter: a citizen's session, a good key, the body `{}`. Everything else, and
every doubt, is left to the view in `routes.py`, which gives the same answers (tests/citizen/test_hot_claims.py).
What nobody can win is refused from memory; what somebody may win goes through the lane that the view uses, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from flask import Flask

from app import metrics, once, overload
from app.citizen.plain import Headers, Sessions, head_of
from app.domain.refusals import Refusal
from app.gate.memory import Memory
from app.hot import answers, crowd
from app.hot.answers import Told
from app.hot.crowd import Asked, Crowd
from app.vouchers.claim import Claim, Outcome, lane, most_in_a_group

PREFIX, SUFFIX = b"/api/v1/batches/", b"/claims"
TARGET = re.compile(re.escape(PREFIX) + b"bat_[0-9a-z]{26}" + re.escape(SUFFIX))
# What the gate says when memory is behind it.
NEWS = {Refusal.SOLD_OUT.code, Refusal.CAMPAIGN_PAUSED.code, Refusal.CLAIM_ENDED.code}
KEY = re.compile(once.KEY.pattern.encode())


class HotClaims:
    """One process's door."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._sessions = Sessions(app)
        self._memory = Memory(app)
        self._crowd: Crowd[Claim, once.Answer] = Crowd(
            app,
            metrics.CLAIM,
            overload.Kind.CLAIM,
            lambda arrived: lane(app).submit(arrived),
            self._tell,
            most_in_a_group(app),
        )

    def knows(self, method: bytes, target: bytes) -> bool:
        """A claim of a batch."""
        return method == b"POST" and TARGET.fullmatch(target) is not None

    def take(
        self,
        target: bytes,
        headers: Headers,
        body: bytes,
        answer: Callable[[bytes], None],
    ) -> bool:
        """Answer it, at once or after its COMMIT; False when it is no plain claim."""
        head = head_of(headers, body)
        if head is None or not KEY.fullmatch(key := head.get(b"idempotency-key", b"")):
            return False
        offset_ms = self._sessions.offset_ms()
        citizen_id = self._sessions.citizen_of(head, offset_ms)
        if citizen_id is None:
            return False
        asked = crowd.asked(head.get(b"x-request-id"), answer)
        batch_id = target[len(PREFIX) : -len(SUFFIX)].decode()
        refused = self._memory.refusal(batch_id, citizen_id, offset_ms)
        if refused is not None:
            self._crowd.refuse(asked, refused)
        else:
            self._crowd.queue(asked, Claim(citizen_id, batch_id, _write(citizen_id, key, target)))
        return True

    def _tell(self, asked: Asked, wanted: Claim, outcome: Outcome) -> Told:
        told = answers.outcome(outcome, asked.trace_id, wanted.citizen_id)
        if told.code in NEWS:
            self._memory.nudge(wanted.batch_id)
        return told


def _write(citizen_id: str, key: bytes, target: bytes) -> once.Write:
    return once.Write(citizen_id, "claim", key.decode(), _hash_of_plain(target))


@lru_cache(1_000)
def _hash_of_plain(target: bytes) -> str:
    return once.request_hash(target.decode(), {})
