"""The redemption lock: spares the database double scans. It is never the safety (design 3.2, hop 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import redis

from app import logs, metrics
from app.gate import keys, scripts

TTL_MS = 5_000  # longer than any redemption may take: lock and statement timeouts stay below it


def owner_token(caller: str, operation: str, key: str) -> str:
    """Derived from the write's name, so a repeated request is never foreign to its own lock."""
    return hashlib.sha256(f"{caller}|{operation}|{key}".encode()).hexdigest()[:32]


class Wanted(NamedTuple):
    """All vouchers of one order, for one owner."""

    citizen_id: str
    voucher_ids: Sequence[str]
    owner: str


@contextmanager
def hold(wanted: Sequence[Wanted]) -> Iterator[list[bool]]:
    """For each order hold all its vouchers or none; tells which may go on. With Redis away all do, without a lock."""
    owned = [(each.owner, keys.locks(each.citizen_id, each.voucher_ids)) for each in wanted]
    replies = _run("lock", owned, [TTL_MS])
    bypassed = [reply for reply in replies if isinstance(reply, redis.RedisError)]
    if bypassed:
        metrics.LOCK_BYPASSED.inc(len(bypassed))
        logs.log.warning("lock_bypassed", cause=type(bypassed[0]).__name__)
    try:
        yield [reply != 0 for reply in replies]
    finally:
        mine = [each for each, reply in zip(owned, replies, strict=True) if reply == 1]
        failed = [reply for reply in _run("unlock", mine) if isinstance(reply, redis.RedisError)]
        if failed:  # the time to live ends it
            logs.log.warning("unlock_failed", cause=type(failed[0]).__name__)


def _run(act: str, owned: Sequence[tuple[str, Sequence[str]]], first: Sequence[int] = ()) -> list[Any]:
    """The replies; where nobody could be asked, the error is everybody's."""
    try:
        return scripts.run_for_each(act, owned, first)
    except redis.RedisError as error:
        return [error] * len(owned)
