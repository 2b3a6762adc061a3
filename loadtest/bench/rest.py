"""A platform at rest: whatever follows what was done has come about, so that what comes next pays for itself alone."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

import redis
import sqlalchemy
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from loadtest.bench.fire import NoNumber

# What the worker has still to publish, to write, to send, to sum up and to seal of what was done before `asked_at`.
LEFT = text(
    "SELECT (SELECT COUNT(*) FROM outbox)"
    " + (SELECT COUNT(*) FROM event WHERE no > COALESCE((SELECT after_no FROM notice_clock WHERE id = 1), 0))"
    " + (SELECT COUNT(*) FROM notice WHERE state = 'pending' AND next_at <= :now)"
    " + (SELECT COUNT(*) FROM posting_clock p LEFT JOIN posting_fold f ON f.campaign_id = p.campaign_id"
    "  WHERE p.last_no > COALESCE(f.up_to_no, 0))"
    " + CASE WHEN COALESCE((SELECT up_to FROM row_fold WHERE id = 1), 0) < :asked_at THEN 1 ELSE 0 END"
    " + (SELECT COUNT(*) FROM event_clock"
    "  WHERE last_no > COALESCE((SELECT MAX(to_no) FROM seal WHERE scope = 'event'), 0))"
)
GIVE_UP_S = 900
# These have a period, which need not be waited for. What has no number is summed up ten seconds later.
RUNG = ("workers.sweep.roll_up", "workers.sweep.seal")
FIRST_RING_S, NEXT_RING_S = 10.5, 5.0


def come_to_rest(connection: sqlalchemy.Connection, settings: Mapping[str, str]) -> None:
    """Until everybody was told, it is summed up and sealed, its rows are vacuumed, and all is on disk.

    Raises NoNumber after a quarter of an hour.
    """
    asked_at = time.time()
    ring_at = asked_at + FIRST_RING_S
    connection.execution_options(isolation_level="AUTOCOMMIT")
    while connection.execute(LEFT, {"now": _ms(time.time()), "asked_at": _ms(asked_at)}).scalar():
        if time.time() > asked_at + GIVE_UP_S:
            raise NoNumber("what was done is not told, summed up and sealed")
        if time.time() > ring_at:
            _ring(settings.get("QUEUE_REDIS_URL") or settings["REDIS_URL"])
            ring_at += NEXT_RING_S
        time.sleep(0.1)
    if connection.dialect.name == "postgresql":
        connection.execute(text("VACUUM (ANALYZE)"))
    os.sync()


def _ring(url: str) -> None:
    with redis.Redis.from_url(url) as bell:
        for job in RUNG:
            Queue("ankang", connection=bell, serializer=JSONSerializer).enqueue(job, ttl=int(NEXT_RING_S))


def _ms(at_s: float) -> int:
    return int(at_s * 1000)
