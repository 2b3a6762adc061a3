"""Citizens who claim while the platform dies under them: they repeat their key, or give up without an answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.pool import Pool

from loadtest.replay.people import bearer, new_key
from loadtest.replay.wire import Reply, Wire

IN_FLIGHT = 32
PAUSE_S = 0.1
ANSWER_WITHIN_S = 30.0
# Not an answer yet: the same request again.
WAITS = ("in_progress", "campaign_paused", "not_started")
FINAL = ("sold_out", "person_limit")


class Breach(Exception):
    """A promise is broken; the text says which."""


@dataclass
class PatientWire(Wire):
    """An organizer's connection: the process at its other end may have died since, or be dying.

    The same bytes again are the same write, by their key.
    """

    def ask(self, method: str, target: str, headers: str, body: bytes) -> Reply:
        """Ask until the platform can say something. Raises OSError, or gives its 503, when that takes too long."""
        give_up_at = time.monotonic() + ANSWER_WITHIN_S
        while True:
            try:
                reply = super().ask(method, target, headers, body)
                if reply.status != 503 or time.monotonic() > give_up_at:
                    return reply
            except OSError:
                self.close()
                if time.monotonic() > give_up_at:
                    raise
            gevent.sleep(PAUSE_S)


@dataclass
class Person:
    """A citizen with a session and a connection."""

    token: str
    wire: Wire

    def ask(self, method: str, target: str, key: str = "") -> Reply:
        """One request, one answer. Raises OSError when there is none."""
        body = b"{}" if method == "POST" else b""
        return self.wire.ask(method, target, bearer(self.token, key)(method, target, body), body)

    def read(self, target: str) -> Reply:
        """Look something up when nothing is wrong any more: asks again while the platform is away."""
        give_up_at = time.monotonic() + ANSWER_WITHIN_S
        while True:
            try:
                reply = self.ask("GET", target)
                if reply.status not in (429, 503):
                    return reply
            except OSError:
                self.wire.close()
            if time.monotonic() > give_up_at:
                raise Breach(f"GET {target} has no answer within {ANSWER_WITHIN_S:.0f} s")
            gevent.sleep(PAUSE_S)


@dataclass
class Ticket:
    """One claim of one person: its key and what has come of it."""

    person: Person
    batch_id: str
    key: str = field(default_factory=new_key)
    voucher_id: str = ""  # acknowledged
    refusal: str = ""  # final
    lost: int = 0  # requests without an answer, or told to come back
    began_at: float = 0.0  # the request that got the final answer, time.monotonic
    answered_at: float = 0.0

    @property
    def final(self) -> bool:
        """Granted, or refused for good."""
        return bool(self.voucher_id or self.refusal)

    def ask(self) -> bool:
        """Send the claim once. True when the answer is final; raises Breach for one that nobody should get."""
        self.began_at = time.monotonic()
        try:
            reply = self.person.ask("POST", f"/api/v1/batches/{self.batch_id}/claims", self.key)
        except OSError:
            self.person.wire.close()
            self.lost += 1
            return False
        self.answered_at = time.monotonic()
        return self._take(reply)

    def settle(self, while_: Callable[[], bool] = lambda: True) -> None:
        """Repeat the key until the answer is final, while the caller is willing to."""
        give_up_at = time.monotonic() + ANSWER_WITHIN_S
        while not self.ask():
            if not while_():
                return
            if time.monotonic() > give_up_at:
                raise Breach(f"claim {self.key} has no final answer within {ANSWER_WITHIN_S:.0f} s")
            gevent.sleep(PAUSE_S)

    def _take(self, reply: Reply) -> bool:
        if reply.status in (200, 201):
            voucher: dict[str, Any] = reply.body["voucher"]
            if self.voucher_id and self.voucher_id != voucher["voucher_id"]:
                raise Breach(f"key {self.key} got {self.voucher_id}, and now {voucher['voucher_id']}")
            self.voucher_id = str(voucher["voucher_id"])
            return True
        if self.voucher_id and reply.code in FINAL:
            raise Breach(f"key {self.key} has voucher {self.voucher_id} and is now told {reply.code}")
        if reply.status == 409 and reply.code in FINAL:
            self.refusal = reply.code
            return True
        if reply.status in (429, 503) or reply.code in WAITS:
            self.lost += 1
            return False
        raise Breach(f"a claim was answered {reply.status} {reply.body}")


@dataclass
class Storm:
    """Everybody claims at once. `attempts` counts the claims sent; strikes are timed by it."""

    tickets: list[Ticket]
    rng: random.Random
    gives_up: float
    attempts: int = 0
    over: bool = False

    def blow(self) -> None:
        """Until everybody has a final answer or has given up."""

        def claim(ticket: Ticket) -> None:
            def goes_on() -> bool:
                self.attempts += 1
                return self.rng.random() >= self.gives_up

            self.attempts += 1
            ticket.settle(while_=goes_on)

        try:
            at_once(self.tickets, claim)
        finally:
            self.over = True

    def wait_for(self, attempts: int) -> None:
        """Until so many claims have been sent, or the storm is over."""
        while self.attempts < attempts and not self.over:
            gevent.sleep(0.001)


def at_once(items: Iterable[Any], work: Callable[[Any], None], in_flight: int = IN_FLIGHT) -> None:
    """Do the work for each item, `in_flight` at a time. The first failure is raised when all have ended."""
    failures: list[Exception] = []

    def one(item: Any) -> None:
        try:
            work(item)
        except (Breach, OSError, LookupError, ValueError) as failure:
            failures.append(failure)

    pool = Pool(in_flight)
    for item in items:
        pool.spawn(one, item)
    pool.join()
    if failures:
        raise failures[0]


def person(token: str, port: int, number: int) -> Person:
    """Somebody with an address of their own."""
    return Person(token, Wire(port, f"127.{20 + number // 240}.1.{number % 240 + 1}"))
