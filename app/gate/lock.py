"""The redemption lock: spares the database double scans. It is never the safety (design 3.2, hop 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import redis

from app import logs, metrics
from app.domain.refusals import Refusal, Refused
from app.gate import keys, scripts

TTL_MS = 5_000  # longer than any redemption may take: lock and statement timeouts stay below it


def owner_token(caller: str, operation: str, key: str) -> str:
    """Derived from the write's name, so a repeated request is never foreign to its own lock."""
    return hashlib.sha256(f"{caller}|{operation}|{key}".encode()).hexdigest()[:32]


@contextmanager
def hold(citizen_id: str, voucher_ids: Sequence[str], owner: str) -> Iterator[None]:
    """Hold all these vouchers or none. Raises Refused(VOUCHER_BUSY); with Redis away goes on without a lock."""
    names = keys.locks(citizen_id, voucher_ids)
    try:
        free = scripts.run("lock", names, [owner, TTL_MS])
    except redis.RedisError as error:
        metrics.LOCK_BYPASSED.inc()
        logs.log.warning("lock_bypassed", cause=type(error).__name__)
        free = None
    if free == 0:
        raise Refused(Refusal.VOUCHER_BUSY)
    try:
        yield
    finally:
        if free:
            _release(names, owner)


def _release(names: list[str], owner: str) -> None:
    try:
        scripts.run("unlock", names, [owner])
    except redis.RedisError as error:  # the time to live ends it
        logs.log.warning("unlock_failed", cause=type(error).__name__)
