"""`python -m workers.run worker | scheduler`: the two processes beside the web server.

RQ's own cron would enqueue with the pickle serializer, where a write to Redis is code execution, so the scheduler
is the small loop below (ADR 0005).
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from rq import Worker
from rq.serializers import JSONSerializer

from app import queue, readiness
from app.config import Settings
from app.extensions import settings
from workers.context import app_context
from workers.schedule import SCHEDULE
from workers.watch import GateWatch

TICK_S = 0.5


def work() -> None:
    """Work on the one queue until told to stop. Maintenance is frequent: a killed worker's job must not linger."""
    connection = queue.connect(Settings.from_env(), patient=True)
    worker = Worker(
        [queue.queue_on(connection)],
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=30,
        worker_ttl=60,
    )
    worker.work(logging_level="WARNING")


def schedule() -> None:
    """Ring for every row of the table when it is due; watch the gate's Redis. An unheard ring lapses by itself."""
    gates = GateWatch()
    due = {path: time.monotonic() for path, _ in SCHEDULE}
    with app_context(), queue.connect(settings()) as connection:
        while True:
            gates.look()
            queue.beat(connection)
            for path, period_s in SCHEDULE:
                if due[path] <= time.monotonic():
                    queue.ring(path, lapse_s=2 * period_s)
                    due[path] = time.monotonic() + period_s
            time.sleep(TICK_S)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(role: str) -> None:
    """Become the worker or the scheduler, on the conditions that the web server has too."""
    with readiness.or_end(), app_context():
        readiness.refuse_to_fork()
    if role == "worker":
        work()
    else:
        signal.signal(signal.SIGTERM, _stop)
        schedule()


if __name__ == "__main__":
    if sys.argv[1:] not in (["worker"], ["scheduler"]):
        raise SystemExit(__doc__)
    main(sys.argv[1])
