"""Notices that the gate's Redis is another one than before: restarted, failed over, put back from an older copy."""

from __future__ import annotations

import redis
from sqlalchemy.exc import DBAPIError

from app import clock, logs, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import gate_redis
from app.gate import rebuild


class GateWatch:
    """What a new Redis process remembers may be seconds old, and it may look perfectly well: every gate is set anew."""

    def __init__(self) -> None:
        self._known: str | None = None
        self._due: list[str] = []

    def look(self) -> None:
        """Rebuild every claimable gate when Redis is another process than at the last look; what fails is due again."""
        try:
            met = str(gate_redis().info("server")["run_id"])
            if met != self._known:
                self._due = _claimable()
                self._known = met
            while self._due:
                _rebuild(self._due[0])
                self._due.pop(0)
        except (redis.RedisError, Refused, DBAPIError) as error:
            logs.log.warning("gates_not_watched", cause=type(error).__name__)


def _claimable() -> list[str]:
    with sql.reading() as session:
        return list(session.scalars(rebuild.CLAIMABLE, {"now": clock.now()}))


def _rebuild(batch_id: str) -> None:
    try:
        rebuild.rebuild(batch_id)
    except Refused as refused:
        if refused.refusal is not Refusal.BATCH_NOT_FOUND:
            raise
