"""The one recovery act: set the gate of a batch from the truth in SQL (design 3.1).

1. Raise the epoch in SQL and COMMIT. That waits for claims in flight, and afterwards no older admission can land,
   so `stock − claimed` is exact.  2. One script a shard sets it to that epoch and its share.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, logs, metrics, sql
from app.domain.instants import DAY_MS
from app.domain.refusals import Refusal, Refused
from app.extensions import gate_redis
from app.gate import keys, marks, scripts, shards

STALE_PENDING_MS = 5_000
# A window that ended so long ago has ended by every clock. A gate is looked after for a week longer.
SURELY_ENDED_MS = 60_000
LOOKED_AFTER_MS = 7 * DAY_MS
FORGET_AT_ONCE = 500
RAISE_EPOCH = text(
    "UPDATE batch SET gate_epoch = gate_epoch + 1 WHERE id = :batch_id"
    " RETURNING gate_epoch, stock - claimed AS unclaimed, claim_from, claim_to,"
    " person_limit, mode, (SELECT state FROM campaign WHERE id = batch.campaign_id) AS campaign_state"
)
WORDS = {"approved": "open", "paused": "paused", "closed": "closed", "settled": "closed"}
STATE_OF = text(
    "SELECT c.state, b.mode FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE b.id = :batch_id"
)
CLAIMABLE = text(
    "SELECT b.id, b.gate_epoch, b.stock - b.claimed AS unclaimed FROM batch b JOIN campaign c ON c.id = b.campaign_id"
    " WHERE c.state IN ('approved', 'paused') AND b.mode = 'first_come' AND b.claim_to > :now ORDER BY b.id"
)
OVER = text(
    "SELECT b.id FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE b.mode = 'first_come'"
    " AND b.claim_to > :since AND (c.state IN ('closed', 'settled') OR c.state IN ('approved', 'paused')"
    " AND b.claim_to <= :ended) ORDER BY b.id"
)


def rebuild(batch_id: str) -> bool:
    """Set the gate of this batch from SQL. False if a newer rebuild was faster.

    Raises Refused(BATCH_NOT_FOUND) for a batch nobody may claim from yet, redis.RedisError when Redis is away.
    """

    def raise_epoch(session: Session) -> Row[Any] | None:
        return session.execute(RAISE_EPOCH, {"batch_id": batch_id}).one_or_none()

    truth = sql.write(raise_epoch)
    if truth is None or truth.campaign_state not in WORDS:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    _refuse_without_gate(truth.mode)
    is_over = truth.claim_to <= clock.now() - SURELY_ENDED_MS
    word = "closed" if is_over else WORDS[truth.campaign_state]
    opened = _open(batch_id, truth, word)
    metrics.GATE_REBUILDS.inc()
    logs.log.info(
        "gate_rebuilt", batch_id=batch_id, epoch=truth.gate_epoch, state=word, unclaimed=truth.unclaimed
    )
    if word == "closed":
        forget(batch_id)
    return opened


def _open(batch_id: str, truth: Row[Any], word: str) -> bool:
    tags = shards.tags(batch_id)
    opened = []
    for tag, units in zip(tags, shards.shares(truth.unclaimed, len(tags)), strict=True):
        buckets = 0 if word == "closed" else marks.buckets_for(units)
        facts = [units, truth.claim_from, truth.claim_to, truth.person_limit, buckets]
        names = [keys.gate(tag), keys.pending(tag)]
        opened.append(scripts.run("open", names, [truth.gate_epoch, word, *facts]))
    return all(opened)


def forget(batch_id: str) -> None:
    """The marks behind a closed gate go, some at a time. Raises redis.RedisError; the sweeper ends what was begun."""
    for tag in shards.tags(batch_id):
        left = _buckets(tag)
        while left:
            count, left = left, max(0, left - FORGET_AT_ONCE)
            going = [keys.held(tag, bucket) for bucket in range(left, count)]
            if not scripts.run("forget", [keys.gate(tag), *going], [left]):
                break


def _buckets(tag: str) -> int:
    return int(cast("str | None", gate_redis().hget(keys.gate(tag), "buckets")) or 0)


def rebuild_soon(batch_id: str) -> None:
    """`rebuild`, unless some process did it within the last second. Raises redis.RedisError, Refused.

    A draft and an id that somebody made up cost one read: no write transaction, no key in Redis.
    """
    with sql.reading() as session:
        found = session.execute(STATE_OF, {"batch_id": batch_id}).one_or_none()
    if found is None or found.state not in WORDS:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    _refuse_without_gate(found.mode)
    if gate_redis().set(keys.rebuilt(batch_id), "1", px=1000, nx=True):
        rebuild(batch_id)


def _refuse_without_gate(mode: str) -> None:
    """Only first come, first served has a gate: nobody claims from a lottery or a list."""
    if mode != "first_come":
        raise Refused(Refusal.NOT_FIRST_COME)


def sweep(now: int) -> list[str]:
    """Rebuild every claimable batch whose gate is missing, older than SQL, stuck, or counts wrong, at two looks.

    And where claiming is over, the gate that has not heard of it, so that it forgets who holds what.
    """
    since, ended = now - LOOKED_AFTER_MS, now - SURELY_ENDED_MS
    with sql.reading() as session:
        over = session.scalars(OVER, {"since": since, "ended": ended}).all()
    due = _wrong(now)
    if due:  # what was committed while we looked is in SQL by now
        due = [batch_id for batch_id in _wrong(now) if batch_id in due]
    due += [batch_id for batch_id in over if any(map(_buckets, shards.tags(batch_id)))]
    for batch_id in due:
        rebuild(batch_id)
    return due


def _wrong(now: int) -> list[str]:
    with sql.reading() as session:
        batches = session.execute(CLAIMABLE, {"now": now}).all()
    return [batch.id for batch in batches if _is_wrong(batch, now)]


def _is_wrong(batch: Row[Any], now: int) -> bool:
    """SQL was read first: within an epoch its rest only shrinks, so a gate that has more has more than there is.

    Units that are stolen meanwhile may be seen twice or not at all, and the last claims may be committed before their
    notes are looked for: such a word is not enough for a rebuild, which would take nobody's unit and help nobody.
    """
    tags, redis = shards.tags(batch.id), gate_redis()
    gates = [cast("list[str | None]", redis.hmget(keys.gate(tag), "epoch", "stock")) for tag in tags]
    epochs = {int(epoch or -1) for epoch, _ in gates}
    if min(epochs) < batch.gate_epoch or any(units is None for _, units in gates):
        return True
    notes = [note for tag in tags for note in cast("list[str]", redis.hvals(keys.pending(tag)))]
    stock = sum(int(units or 0) for _, units in gates)
    stuck = any(int(note.split("|")[1]) < now - STALE_PENDING_MS for note in notes)
    undersold = stock < 1 and batch.unclaimed > 0 and not notes
    oversold = epochs == {batch.gate_epoch} and stock > batch.unclaimed
    return stuck or undersold or oversold
