"""What this process remembers of the gates, so that it can answer without asking them (design 3.1, hop 1).

A thread looks at every gate that was asked for, four times a second, in one round trip; a process that hears `SOLD_OUT`
from the gate looks at once. A look is good for three quarters of a second: without Redis nothing is answered from
memory, and a change that lets somebody win again is told to the organizer when every process has forgotten what it knew
before (`outlive`). Memory says no only where nobody can win: before opening, and after the end, a pause or the last
voucher; and there only to those who are not among the winners, whose lost reply must be found (ADR 11).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any, cast

import redis
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import clock, logs, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import gate_redis
from app.gate import keys, shards
from app.gate.winners import Winners

LOOK_EVERY_S = 0.25
GOOD_FOR_S = 0.75
FORGET_AFTER_S = 600.0
MOST_BATCHES = 1_000
# Nobody is told "not yet" so close to the opening: the gate itself answers then (beside the clock's measured error).
OPENING_MARGIN_MS = 50
FIELDS = ("state", "epoch", "stock", "from_ms", "to_ms")
TRUTH = text("SELECT gate_epoch, stock - claimed AS unclaimed FROM batch WHERE id = :batch_id")
HOLDERS = text("SELECT citizen_id FROM voucher WHERE batch_id = :batch_id")


@dataclass(frozen=True, slots=True)
class Clock:
    """Redis's clock as this process can tell it, without the test profile's offset."""

    redis_ms: float = 0.0
    at_s: float = 0.0  # of this process's monotonic clock
    error_ms: float = 0.0

    def now_ms(self) -> float:
        """Redis's time, within `error_ms`."""
        return self.redis_ms + (time.monotonic() - self.at_s) * 1000


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as it was at the last look; `stock` and `pending` are those of all its shards."""

    state: str
    epoch: int
    from_ms: int
    to_ms: int
    stock: int
    pending: int
    is_sold_out: bool = False
    winners: Winners | None = None  # known where nobody can win any more


class Memory:
    """The gates this process was asked for. `refusal` is for the loop's thread, everything else for the looker's."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._gates: dict[str, Gate] = {}
        self._asked_at: dict[str, float] = {}
        self._clock = Clock()
        self._looked_at = float("-inf")
        self._look_now = threading.Event()
        self._thread: threading.Thread | None = None

    def refusal(self, batch_id: str, citizen_id: str, offset_ms: int) -> Refused | None:
        """Why this person cannot win now; None when the gate has to be asked."""
        now_s = time.monotonic()
        self._remember_asked(batch_id, now_s)
        gate = self._gates.get(batch_id)
        if gate is None or now_s - self._looked_at > GOOD_FOR_S:
            return None
        now_ms = self._clock.now_ms() + offset_ms
        margin_ms = self._clock.error_ms + OPENING_MARGIN_MS
        if gate.winners is None:
            return _not_started(now_ms, gate) if _is_before(gate, now_ms + margin_ms) else None
        if gate.winners.may_hold(citizen_id):
            return None
        return _too_late(gate, now_ms - margin_ms)

    def nudge(self, batch_id: str) -> None:
        """The gate said that nobody can win: look at once, unless that is known."""
        gate = self._gates.get(batch_id)
        if gate is None or gate.winners is None:
            self._look_now.set()

    def _remember_asked(self, batch_id: str, now_s: float) -> None:
        if batch_id not in self._asked_at:
            if len(self._asked_at) >= MOST_BATCHES:
                return
            self._asked_at[batch_id] = now_s
            self._start()
            self._look_now.set()
        self._asked_at[batch_id] = now_s

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_for_ever, name="memory", daemon=True)
            self._thread.start()

    def _look_for_ever(self) -> None:
        while True:
            with self._app.app_context():
                try:
                    self.look()
                except (redis.RedisError, SQLAlchemyError) as error:
                    logs.log.warning("memory_cannot_look", cause=type(error).__name__)
            self._look_now.wait(LOOK_EVERY_S)
            self._look_now.clear()

    def look(self) -> None:
        """Look at every gate that was asked for lately. Raises redis.RedisError, SQLAlchemyError."""
        began_s = time.monotonic()
        # a copy: the loop's thread adds while this one looks
        for batch_id, asked_s in list(self._asked_at.items()):
            if asked_s < began_s - FORGET_AFTER_S:
                del self._asked_at[batch_id]
        wanted = {batch_id: shards.tags(batch_id) for batch_id in list(self._asked_at)}
        seconds, micros, *found = _ask([tag for tags in wanted.values() for tag in tags])
        ended_s = time.monotonic()
        self._clock = Clock(
            seconds * 1000 + micros / 1000, (began_s + ended_s) / 2, (ended_s - began_s) * 500
        )
        gates, looks = {}, iter(zip(found[::2], found[1::2], strict=True))
        for batch_id, tags in wanted.items():
            gate = _gate([next(looks) for _ in tags])
            if gate is not None:
                gates[batch_id] = self._with_winners(batch_id, gate)
        self._gates, self._looked_at = gates, began_s

    def _with_winners(self, batch_id: str, gate: Gate) -> Gate:
        """Nobody can win any more when no unit is left or to be had, and none is under way."""
        now_ms = self._clock.redis_ms + clock.offset() - self._clock.error_ms
        over = gate.state != "open" or now_ms >= gate.to_ms
        if gate.pending or (gate.stock > 0 and not over):
            return gate
        before = self._gates.get(batch_id)
        if before and before.winners and before.epoch == gate.epoch and (over or before.is_sold_out):
            return replace(gate, is_sold_out=before.is_sold_out, winners=before.winners)
        with sql.reading() as session:
            truth = session.execute(TRUTH, {"batch_id": batch_id}).one_or_none()
            if truth is None or truth.gate_epoch != gate.epoch or (truth.unclaimed and not over):
                return gate
            winners = Winners(session.scalars(HOLDERS, {"batch_id": batch_id}).all())
        return replace(gate, is_sold_out=not truth.unclaimed, winners=winners)


def may_refuse(batch_id: str) -> bool:
    """Whether some process may be saying that nobody can win here. Raises redis.RedisError."""
    looks = [
        cast("list[str | None]", gate_redis().hmget(keys.gate(tag), "state", "stock"))
        for tag in shards.tags(batch_id)
    ]
    states = {state for state, _ in looks if state is not None}
    return bool(states) and (states != {"open"} or sum(int(stock or 0) for _, stock in looks) < 1)


def outlive() -> None:
    """Return when no process can answer any more from a look that began before now."""
    time.sleep(GOOD_FOR_S)


def _not_started(now_ms: float, gate: Gate) -> Refused:
    """Not before opening: the server's time, and how long to wait."""
    at = int(now_ms)
    return Refused(Refusal.NOT_STARTED, server_time=clock.iso(at), wait_ms=gate.from_ms - at)


def _is_before(gate: Gate, latest_ms: float) -> bool:
    return gate.state == "open" and latest_ms < gate.from_ms


def _too_late(gate: Gate, earliest_ms: float) -> Refused | None:
    """In the gate's own order: closed, paused, ended, sold out."""
    if gate.state == "closed":
        return Refused(Refusal.CLAIM_ENDED)
    if gate.state != "open":
        return Refused(Refusal.CAMPAIGN_PAUSED)
    if earliest_ms >= gate.to_ms:
        return Refused(Refusal.CLAIM_ENDED)
    return Refused(Refusal.SOLD_OUT) if gate.is_sold_out else None


def _ask(tags: list[str]) -> list[Any]:
    """Redis's time, then of each shard its fields and how many claims are pending, in one round trip."""
    with gate_redis().pipeline(transaction=False) as look:
        look.time()
        for tag in tags:
            look.hmget(keys.gate(tag), *FIELDS)
            look.hlen(keys.pending(tag))
        answers = look.execute()
    return [*answers[0], *answers[1:]]


def _gate(looks: list[tuple[list[str | None], int]]) -> Gate | None:
    """Its shards taken together; None while one is missing or they are being set anew and say different things."""
    stock = sum(int(fields[FIELDS.index("stock")] or 0) for fields, _ in looks)
    state, epoch, _, from_ms, to_ms = looks[0][0]
    said = {(fields[0], fields[1], fields[3], fields[4]) for fields, _ in looks}
    if len(said) > 1 or state is None or epoch is None or from_ms is None or to_ms is None:
        return None
    return Gate(state, int(epoch), int(from_ms), int(to_ms), stock, sum(pending for _, pending in looks))
