"""One round: a fresh batch, a storm of claims, the strikes, the way back, and everything that must hold afterwards."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field

import gevent

from loadtest.crash.crowd import ANSWER_WITHIN_S, Breach, Person, Storm, Ticket, at_once
from loadtest.crash.house import CrashHouse
from loadtest.crash.plan import Copied, Round, Strike, Victim
from loadtest.crash.truth import Truth
from loadtest.replay.people import Organizer
from loadtest.replay.play import iso

OPENS_IN_S = 1.0
# A unit that died between gate and SQL is noticed when its note is five seconds old.
SOLD_OUT_WITHIN_S = 15.0
CLEAN_WITHIN_S = 10.0
LATECOMERS = 5
FACE_FEN = 2_000


@dataclass
class Result:
    """What was seen, for the line of the round."""

    acknowledged: int = 0
    lost: int = 0
    given_up: int = 0
    found_later: int = 0  # of those given up, how many had been granted all the same
    open_s: float = 0.0  # from Redis and SQL answering to the first final answer
    sold_out_s: float = 0.0  # from the end of the storm until SQL has no stock left
    clean_s: float = 0.0  # until the audit is clean
    took_s: float = 0.0
    load: float = 0.0  # processes that wanted the machine, when the round ended


@dataclass
class Stage:
    """Who and what a round is played with."""

    house: CrashHouse
    truth: Truth
    author: Organizer
    approver: Organizer
    people: list[Person]


@dataclass
class Play:
    """One round while it is played."""

    stage: Stage
    round: Round
    result: Result = field(default_factory=Result)
    campaign_id: str = ""
    batch_id: str = ""
    tickets: list[Ticket] = field(default_factory=list)
    prober: Ticket | None = None
    _back_at: float = 0.0  # when Redis and SQL answered after the last strike, time.monotonic

    def run(self) -> Result:
        """Play and check. Raises Breach."""
        began = time.monotonic()
        self._open()
        self._storm()
        self._sell_out()
        self._check()
        self._audit()
        self.result.took_s = time.monotonic() - began
        self.result.load = os.getloadavg()[0]
        return self.result

    def _open(self) -> None:
        author, stock = self.stage.author, self.round.stock
        if self.round.copied is Copied.BEFORE_OPENING:
            self.stage.house.redis.remember()
        campaign = {"name": f"第{self.round.number}轮", "budget_fen": stock * FACE_FEN}
        self.campaign_id = author.post("campaigns", campaign).body["campaign_id"]
        opens = time.time() + OPENS_IN_S
        terms = {"name": "满100减20", "kind": "full_reduction", "face_fen": FACE_FEN, "threshold_fen": 10_000}
        window = {"claim_from": iso(opens), "claim_to": iso(opens + 900), "valid_days": 7, "stock": stock}
        self.batch_id = author.post(f"campaigns/{self.campaign_id}/batches", terms | window).body["batch_id"]
        author.post(f"campaigns/{self.campaign_id}/submissions")
        self.stage.approver.post(f"campaigns/{self.campaign_id}/approvals")
        gevent.sleep(max(0.0, opens + 0.01 - time.time()))

    def _storm(self) -> None:
        rng = random.Random(self.round.seed)
        first, *crowd = rng.sample(self.stage.people, len(self.stage.people))
        self.prober = Ticket(first, self.batch_id)
        self.tickets = [Ticket(person, self.batch_id) for person in crowd]
        storm = Storm(self.tickets, rng, self.round.gives_up)
        strikes = [gevent.spawn(self._strike, storm, strike) for strike in self.round.strikes]
        copy = gevent.spawn(self._copy, storm)
        storm.blow()
        for each in (*strikes, copy):
            each.get()
        self._probe(self.prober)
        self.result.lost = sum(ticket.lost for ticket in self.tickets)
        self.result.given_up = sum(not ticket.final for ticket in self.tickets)

    def _strike(self, storm: Storm, strike: Strike) -> None:
        storm.wait_for(strike.attempts)
        gevent.sleep(strike.wait_s)
        if strike.victim is Victim.ROLLBACK:
            self._change_epoch()
        self.stage.house.strike(strike.victim, strike.down_s, random.Random(self.round.seed))
        while not self.stage.house.servers_answer():
            gevent.sleep(0.02)
        self._back_at = max(self._back_at, time.monotonic())

    def _copy(self, storm: Storm) -> None:
        if self.round.copied is Copied.IN_THE_STORM:
            storm.wait_for(self.round.copy_at)
            self.stage.house.redis.remember()

    def _change_epoch(self) -> None:
        """Pause and resume: the copy made before or meanwhile holds a gate of an older epoch."""
        redis, author = self.stage.house.redis, self.stage.author
        if self.round.copied is Copied.BEFORE_A_PAUSE:
            redis.remember()
        if self.round.copied in (Copied.BEFORE_A_PAUSE, Copied.IN_A_PAUSE):
            author.post(f"campaigns/{self.campaign_id}/pause")
            if self.round.copied is Copied.IN_A_PAUSE:
                redis.remember()
            author.post(f"campaigns/{self.campaign_id}/resume")

    def _probe(self, prober: Ticket) -> None:
        """The first claim after everything answers again: how long until somebody knows?"""
        prober.settle()
        self.result.open_s = max(0.0, self._first_answer() - self._back_at)

    def _first_answer(self) -> float:
        assert self.prober is not None
        everybody = [*self.tickets, self.prober]
        after = [each.answered_at for each in everybody if each.final and each.began_at >= self._back_at]
        return min(after)

    def _sell_out(self) -> None:
        """Those who have none claim the rest, under new keys, until SQL says that nothing is left."""
        began = time.monotonic()
        while left := self.round.stock - self.stage.truth.claimed(self.batch_id):
            if time.monotonic() - began > SOLD_OUT_WITHIN_S:
                raise Breach(f"{left} of {self.round.stock} vouchers cannot be claimed")
            holders = {id(ticket.person) for ticket in self.tickets if ticket.voucher_id}
            without = [each for each in self.stage.people if id(each) not in holders]
            asked = [Ticket(each, self.batch_id) for each in self._some(without, left + LATECOMERS)]
            at_once(asked, Ticket.settle)
            self.tickets += asked
            gevent.sleep(0.2)
        self.result.sold_out_s = time.monotonic() - began

    def _some(self, people: list[Person], count: int) -> list[Person]:
        """Others in every pass: who gave up may hold a unit that nobody else can have."""
        return random.Random(f"{self.round.seed}/{len(self.tickets)}").sample(people, min(count, len(people)))

    def _check(self) -> None:
        """Every acknowledged claim is found, under its key, as the same voucher; nothing else was granted."""
        assert self.prober is not None
        everybody = [*self.tickets, self.prober]
        granted = [ticket for ticket in everybody if ticket.voucher_id]
        self.result.acknowledged = len(granted)
        at_once(granted, _found_and_repeated)
        unknown = [ticket for ticket in everybody if not ticket.final]
        at_once(unknown, Ticket.settle)
        self.result.found_later = sum(bool(ticket.voucher_id) for ticket in unknown)
        self._count({ticket.voucher_id for ticket in everybody if ticket.voucher_id})
        holders = {id(ticket.person) for ticket in everybody if ticket.voucher_id}
        without = [each for each in self.stage.people if id(each) not in holders][:LATECOMERS]
        for late in (Ticket(each, self.batch_id) for each in without):
            late.settle()
            if late.voucher_id:
                raise Breach(f"oversold: {late.voucher_id} after the last voucher")
        self._count({ticket.voucher_id for ticket in everybody if ticket.voucher_id})

    def _count(self, known: set[str]) -> None:
        held = self.stage.truth.vouchers(self.batch_id)
        if missing := known - held:
            raise Breach(f"{len(missing)} acknowledged vouchers are not in SQL: {sorted(missing)[:3]}")
        if extra := held - known:
            raise Breach(f"{len(extra)} vouchers that no key gets: {sorted(extra)[:3]}")
        claimed = self.stage.truth.claimed(self.batch_id)
        if not len(held) == claimed == self.round.stock:
            raise Breach(f"{len(held)} vouchers, {claimed} claimed, stock {self.round.stock}")

    def _audit(self) -> None:
        """The platform's own audit; what it says about a gate may need one sweep."""
        began = time.monotonic()
        while (done := self.stage.house.flask("audit")).returncode:
            if time.monotonic() - began > CLEAN_WITHIN_S:
                raise Breach(f"flask audit:\n{done.stdout}{done.stderr}")
            gevent.sleep(0.5)
        self.result.clean_s = time.monotonic() - began


def _found_and_repeated(ticket: Ticket) -> None:
    found = ticket.person.read(f"/api/v1/claims/{ticket.key}")
    if found.status != 200 or found.body["voucher"]["voucher_id"] != ticket.voucher_id:
        raise Breach(f"acknowledged claim {ticket.key} ({ticket.voucher_id}): {found.status} {found.body}")
    ticket.settle()


def wait_until_ready(house: CrashHouse) -> None:
    """Until /readyz says so. Raises Breach when that takes too long."""
    give_up_at = time.monotonic() + ANSWER_WITHIN_S
    while not house.ready():
        if time.monotonic() > give_up_at:
            raise Breach(f"/readyz is not ready within {ANSWER_WITHIN_S:.0f} s")
        gevent.sleep(0.05)
