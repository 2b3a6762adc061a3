"""The crowd as Locust users: citizens who claim at their instant and go to a till, tills that serve their line."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import gevent
from gevent.event import AsyncResult, Event
from gevent.queue import Queue
from locust import FastHttpUser, task
from locust.exception import StopUser

from loadtest.replay.people import Citizen, Till, new_key
from loadtest.replay.wire import signed
from loadtest.shapes import Shape, Visit

TRIES = 20
PATIENCE_S = 45.0
ANSWER_WITHIN_S = 20.0
FIRST_PAUSE_S = 0.2
GROSS_FEN = 12_000
JSON = {"Content-Type": "application/json"}
# The final refusals that belong to a storm, by door; any other is a surprise.
REFUSALS = {"claim": ("sold_out",)}
NOT_YET = ("in_progress", "voucher_busy", "not_started")
Head = Callable[[str], dict[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: nothing did; `code`: of the refusal."""

    status: int
    body: dict[str, Any]
    retry_after_s: float
    code: str

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], content: bytes | None) -> Answer:
        """Read it. A body that is no JSON object counts as none."""
        if status == 0:
            return cls(0, {}, 0.0, "no answer")
        body = json.loads(content) if content and content[:1] == b"{" else {}
        wait = headers.get("retry-after", "")
        code = str(body.get("code") or status) if status >= 400 else ""
        return cls(status, body, float(wait) if wait.isdigit() else 0.0, code)

    @property
    def final(self) -> bool:
        """Whether the same key could never get another answer."""
        return self.status not in (0, 429) and self.status < 500 and self.code not in NOT_YET


class Attempt(NamedTuple):
    """One request and its answer. `at_s` and `due_s` count from the opening; status 0: no answer at all."""

    door: str
    due_s: float
    at_s: float
    took_s: float
    status: int
    code: str
    may_retry: bool


@dataclass
class Turn:
    """A customer in the line of a till: called, then shows the code, then served."""

    voucher_id: str
    came_s: float
    called: Event = field(default_factory=Event)
    code: AsyncResult = field(default_factory=AsyncResult)


@dataclass
class Storm:
    """What a run knows while it lasts. `opens` is the opening on this process's monotonic clock."""

    shape: Shape
    port: int
    batch_id: str
    citizens: list[Citizen]
    tills: list[Till]
    visits: list[Visit]
    opens: float
    lines: list[Queue] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    vouchers: set[str] = field(default_factory=set)
    redeemed: list[tuple[int, float]] = field(default_factory=list)
    surprises: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    gone: int = 0
    closed: int = 0
    script_errors: list[str] = field(default_factory=list)

    def now_s(self) -> float:
        """Seconds since the opening."""
        return time.monotonic() - self.opens


class Person(FastHttpUser):
    """Asks, notes every attempt, and repeats with the same key what was no final answer."""

    abstract = True
    storm: ClassVar[Storm]

    def ask(
        self, door: str, method: str, target: str, headers: dict[str, str], body: str, due_s: float = -1.0
    ) -> Answer:
        """One attempt, noted; its time counts from when it was due, which is now if nothing else is said."""
        at_s = self.storm.now_s()
        due_s = at_s if due_s < 0 else due_s
        response: Any = self.client.request(method, target, name=door, data=body or None, headers=headers)
        answer = Answer.of(response.status_code, response.headers or {}, response.content)
        if answer.status == 0:
            answer = replace(answer, code=f"no answer: {_cause(response.error)}")
        took_s, may_retry = self.storm.now_s() - due_s, answer.retry_after_s > 0
        self.storm.attempts.append(Attempt(door, due_s, at_s, took_s, answer.status, answer.code, may_retry))
        return answer

    def until_final(
        self, door: str, target: str, head: Head, body: str, due_s: float = -1.0
    ) -> Answer | None:
        """POST until the answer is final, with one key, waiting as told; None when patience or tries ran out."""
        give_up_s = self.storm.now_s() + PATIENCE_S
        for tried in range(TRIES):
            answer = self.ask(door, "POST", target, head(body), body, due_s)
            if answer.final:
                return answer
            due_s = -1.0
            wait_s = answer.retry_after_s or answer.body.get("wait_ms", 0) / 1000 or FIRST_PAUSE_S * 2**tried
            wait_s *= random.uniform(1.0, 1.5)
            if self.storm.now_s() + wait_s > give_up_s:
                break
            gevent.sleep(wait_s)
        self.storm.unfinished += 1
        return None

    def effect(self, door: str, answer: Answer | None) -> bool:
        """Whether the answer is an effect. A refusal that the door should not give is counted as a surprise."""
        if answer is None or answer.status < 300:
            return answer is not None
        if answer.code not in REFUSALS.get(door, ()):
            self.storm.surprises[f"{door}: {answer.code}"] += 1
        return False


def _cause(error: Any) -> str:
    """The kind of failure under the client's wrapping."""
    return type(getattr(error, "original", None) or error).__name__


class Visitor(Person):
    """A citizen, signed in already: waits, claims, looks at the wallet, shows the code at the till."""

    waiting: ClassVar[list[int]] = []

    @task
    def come(self) -> None:
        """The whole visit, once."""
        visit = self.storm.visits[self.waiting.pop()]
        try:
            self._visit(visit, self.storm.citizens[visit.number].token)
        finally:
            self.storm.gone += 1
        raise StopUser

    def _visit(self, visit: Visit, token: str) -> None:
        bearer = {**JSON, "Authorization": f"Bearer {token}"}
        keyed = {**bearer, "Idempotency-Key": new_key()}
        target = f"/api/v1/batches/{self.storm.batch_id}/claims"
        gevent.sleep(max(0.0, visit.due_s - self.storm.now_s()))
        self.storm.late_s.append(self.storm.now_s() - visit.due_s)
        answer = self.until_final("claim", target, lambda _: keyed, "{}", visit.due_s)
        if answer is not None and self.effect("claim", answer):
            voucher_id = answer.body["voucher"]["voucher_id"]
            self.storm.vouchers.add(voucher_id)
            self._shop(visit, voucher_id, bearer)

    def _shop(self, visit: Visit, voucher_id: str, bearer: dict[str, str]) -> None:
        gevent.sleep(visit.walk_s / 2)
        self._look_at_the_wallet(voucher_id, bearer)
        gevent.sleep(visit.walk_s / 2)
        turn = Turn(voucher_id, self.storm.now_s())
        self.storm.lines[visit.till].put(turn)
        turn.called.wait()
        shown = self.until_final("display", "/api/v1/ankang-code/displays", lambda _: bearer, "{}")
        turn.code.set(shown.body["code"] if shown is not None and self.effect("display", shown) else "")

    def _look_at_the_wallet(self, voucher_id: str, bearer: dict[str, str]) -> None:
        wallet = self.ask("wallet", "GET", "/api/v1/vouchers", bearer, "")
        if wallet.status == 200 and voucher_id not in [each["voucher_id"] for each in wallet.body["items"]]:
            self.storm.surprises["wallet: the new voucher is missing"] += 1
        elif wallet.final:
            self.effect("wallet", wallet)


class Cashier(Person):
    """A till: calls the next in line, scans, redeems; every request signed anew, every write under its key."""

    free: ClassVar[list[int]] = []

    @task
    def serve(self) -> None:
        """One customer after the other until the shop closes."""
        number = self.free.pop()
        for turn in iter(self.storm.lines[number].get, None):
            self._serve(number, self.storm.tills[number], turn)
        self.storm.closed += 1
        raise StopUser

    def _serve(self, number: int, till: Till, turn: Turn) -> None:
        self.storm.waits_s.append(self.storm.now_s() - turn.came_s)
        turn.called.set()
        code = turn.code.get()
        if not code:
            return
        scanned = self._write(till, "scan", "/merchant/v1/scans", f'{{"code":"{code}","purpose":"voucher"}}')
        if scanned is None:
            return
        order = f'"order_no":"L{new_key()}","gross_fen":{GROSS_FEN}'
        proof = f'"scan_token":"{scanned["scan_token"]}"'
        asked = f'{{{proof},"voucher_ids":["{turn.voucher_id}"],{order}}}'
        if self._write(till, "redeem", "/merchant/v1/redemptions", asked) is not None:
            self.storm.redeemed.append((number, self.storm.now_s()))

    def _write(self, till: Till, door: str, target: str, body: str) -> dict[str, Any] | None:
        """Signed anew for every attempt, under one key. Returns the effect, None when there is none."""
        key = new_key()

        def head(content: str) -> dict[str, str]:
            lines = signed(till.key_id, till.secret, self.storm.port, "POST", target, key, content.encode())
            return {**JSON, **dict(line.split(": ", 1) for line in lines.splitlines())}

        answer = self.until_final(door, target, head, body)
        return answer.body if answer is not None and self.effect(door, answer) else None
