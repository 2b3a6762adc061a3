"""Notices that the gate's Redis is another one than before: restarted, failed over, put back from an older copy.

Of a cluster that is any of its masters: the one that took over may not have heard its predecessor's last words.
"""

from __future__ import annotations

import redis
from sqlalchemy.exc import DBAPIError

from app import clock, logs, sql
from app.domain.refusals import Refusal, Refused
from app.extensions import gate
from app.gate import rebuild


class GateWatch:
    """What a new Redis process remembers may be seconds old, and it may look perfectly well: every gate is set anew."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._due: list[str] = []

    def look(self) -> None:
        """Rebuild every claimable gate when a master is not the process it was; what fails is due again."""
        try:
            met = {str(facts["run_id"]) for facts in gate().masters().values()}
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
