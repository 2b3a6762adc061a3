"""A batch's gate may be split into shards, each with its share of the stock and its own citizens (ADR 0016).

A shard is known by its tag, which stands in braces in its keys and so decides their cluster slot. The slots of N shards
lie in N equal parts of the slot space: N masters with equal parts have one each. A batch that is not split has one
shard, and its tag is the batch id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from sqlalchemy import text

from app import metrics, sql
from app.gate import keys, marks, scripts

MOST_BATCHES = 10_000
SHARDS_OF = text("SELECT gate_shards FROM batch WHERE id = :batch_id")
# How many shards a batch has is settled when it is created, and never changes.
_known: dict[str, tuple[str, ...]] = {}


def tags(batch_id: str) -> tuple[str, ...]:
    """The tags of this batch's shards; SQL is asked once in a process. Raises sqlalchemy.exc.SQLAlchemyError.

    An id that somebody made up has the one gate it would have, and nobody opened that.
    """
    known = _known.get(batch_id)
    if known is None:
        with sql.looking() as connection:
            shards = connection.execute(SHARDS_OF, {"batch_id": batch_id}).scalar()
        if len(_known) >= MOST_BATCHES:
            _known.clear()
        known = _known[batch_id] = _tags(batch_id, shards or 1)
    return known


def _tags(batch_id: str, shards: int) -> tuple[str, ...]:
    return tuple(_tag_in_part(batch_id, part, shards) for part in range(shards))


def _tag_in_part(batch_id: str, part: int, shards: int) -> str:
    names = (f"{batch_id}/{n}" if n else batch_id for n in count())
    return next(
        name for name in names if key_slot(name.encode()) * shards // REDIS_CLUSTER_HASH_SLOTS == part
    )


def home(shards: Sequence[str], citizen_id: str) -> str:
    """The shard that knows what this person holds, and admits nobody else."""
    return shards[0] if len(shards) == 1 else shards[marks.of(citizen_id).fingerprint % len(shards)]


def at_home(shards: Sequence[str], citizen_ids: Iterable[str]) -> dict[str, list[int]]:
    """By shard, the places in the given order of those who are at home there."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, citizen_id in enumerate(citizen_ids):
        places[home(shards, citizen_id)].append(place)
    return places


def shares(units: int, shards: int) -> list[int]:
    """So many units in shares that differ by one at most."""
    return [(units + shards - 1 - shard) // shards for shard in range(shards)]


def steal(dry: str, shards: Sequence[str], epoch: int, wanted: int) -> bool:
    """Move units of this epoch from the next shard that has some into the dry one; False when none has any.

    Between the two scripts the units are nowhere. What is lost there, the sweeper finds: SQL has units left, the gate
    none. Raises redis.RedisError.
    """
    after = shards.index(dry) + 1
    for donor in (*shards[after:], *shards[: after - 1]):
        units = int(scripts.run("lend", [keys.gate(donor)], [epoch, wanted]))
        if units:
            scripts.run("borrow", [keys.gate(dry)], [epoch, units])
            metrics.GATE_STEALS.inc(units)
            return True
    return False
