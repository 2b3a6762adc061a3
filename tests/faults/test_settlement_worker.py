"""Settlement whatever happens to its worker: not there, killed in the middle, too late, rung for again and again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import redis
from rq import Queue, Worker

from app.queue import queue_on
from campaigns.settlement import JOB
from tests.kit.bench import Bench
from tests.kit.people import iso
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.mutants.cast import Cast

pytestmark = pytest.mark.race
WORKER, SCHEDULER = ("workers.run", "worker"), ("workers.run", "scheduler")
FACE, LEASE_MS = 2_000, 2_000


@pytest.fixture
def bench(cast: Cast) -> Iterator[Bench]:
    """The bench with all fences, no worker, no scheduler, and four redemptions of two merchants, one reversed."""
    cast.bench.without()
    other = cast.zhao.shop()
    paid = [
        cast.tills[1].redeem(cast.holder.show(), cast.vouchers[:1]),
        other.redeem(cast.holder.show(), cast.vouchers[1:2]),
        other.redeem(cast.holder.show(), cast.vouchers[2:3], "O-RETURNED", 13_000),
        other.reverse("O-RETURNED"),
    ]
    assert [answer.status for answer in paid] == [201] * 4
    yield cast.bench
    cast.bench.end("worker", "scheduler", "slow", how=signal.SIGKILL)


@contextmanager
def queue(bench: Bench) -> Iterator[Queue]:
    """The platform's RQ queue."""
    with redis.Redis.from_url(bench.platform_env["REDIS_URL"]) as connection:
        yield queue_on(connection)


def open_settlement(cast: Cast, cutoff: str) -> dict[str, Any]:
    """Settle the campaign of the holder's vouchers."""
    path = f"/campaigns/{cast.plenty.campaign_id}/settlements"
    opened: dict[str, Any] = cast.zhao.post(path, {"cutoff": cutoff}, expect=202)
    return opened


def is_rung(waiting: Queue) -> bool:
    """Whether a worker was, or is being, asked to compute a settlement."""
    jobs = waiting.connection.keys("rq:job:*")
    return any(JOB.encode() in (waiting.connection.hget(job, "description") or b"") for job in jobs)


def settlement(cast: Cast, settlement_id: str) -> dict[str, Any]:
    """The batch as it is now."""
    found: dict[str, Any] = cast.zhao.get(f"/settlements/{settlement_id}")
    return found


def completed(cast: Cast, settlement_id: str) -> dict[str, Any]:
    """Wait for the lines."""
    wait_for("the lines", lambda: settlement(cast, settlement_id)["state"] == "computed")
    return settlement(cast, settlement_id)


def assert_right(cast: Cast, batch: dict[str, Any]) -> None:
    """Total = Σ lines = Σ subsidies of effective redemptions; every line once."""
    assert sorted(line["net_fen"] for line in batch["lines"]) == [FACE, 2 * FACE]
    assert sorted(line["reversed_fen"] for line in batch["lines"]) == [0, FACE]
    assert batch["total_fen"] == 3 * FACE
    assert cast.bench.one("SELECT SUM(subsidy_fen) FROM redemption_line WHERE effective") == 3 * FACE
    assert cast.bench.one("SELECT COUNT(*) FROM settlement_line") == len(batch["lines"])
    assert cast.bench.one("SELECT COUNT(*) FROM settlement_batch") == 1
    assert cast.bench.broken_promises() == set()


def test_without_a_worker_a_settlement_stays_open_and_a_started_worker_completes_it(cast: Cast, bench: Bench):
    """202 and no lines; the bell waits in the queue until somebody hears it."""
    opened = open_settlement(cast, iso(bench.now()))
    assert (opened["state"], opened["lines"], opened["total_fen"]) == ("opened", [], None)
    with queue(bench) as waiting:
        assert [job.func_name for job in waiting.jobs] == [JOB]
    assert bench.one("SELECT COUNT(*) FROM settlement_line") == 0
    bench.run("worker", *WORKER)
    assert_right(cast, completed(cast, opened["settlement_id"]))


def test_a_bell_lost_with_its_queue_is_rung_again_within_ten_seconds(cast: Cast, bench: Bench):
    """The queue is emptied between the opening and the worker; the sweeper finds the batch in SQL."""
    bench.run("scheduler", *SCHEDULER)
    opened = open_settlement(cast, iso(bench.now()))
    with queue(bench) as waiting:
        assert is_rung(waiting)
        waiting.empty()
        assert not is_rung(waiting)
        bench.run("worker", *WORKER)
        wait_for("the worker", lambda: Worker.count(connection=waiting.connection) == 1)
        wait_for("the bell rung again", partial(is_rung, waiting), seconds=10)
    assert_right(cast, completed(cast, opened["settlement_id"]))


@pytest.mark.case(37)
def test_case_37_triggered_five_times_and_killed_in_the_middle_a_settlement_exists_once(
    cast: Cast, bench: Bench
):
    """Five triggers at once, a worker killed between lease and lines, the job run again: one batch, lines once."""
    bench.run("slow", "tests.mutants.worker")
    trigger = partial(open_settlement, cast, iso(bench.now()))
    ids = {opened["settlement_id"] for opened in all_at_once([trigger] * 5)}
    assert len(ids) == 1
    (settlement_id,) = ids
    wait_for("the middle of the job", bench.post_box("inside").exists)
    bench.end("slow", how=signal.SIGKILL)
    assert bench.rows("SELECT lease_epoch, state FROM settlement_batch") == [
        {"lease_epoch": 1, "state": "opened"}
    ]
    bench.advance(LEASE_MS)
    bench.run("worker", *WORKER)  # it hears the other triggers' bells
    batch = completed(cast, settlement_id)
    assert_right(cast, batch)
    assert bench.one("SELECT lease_epoch FROM settlement_batch") == 2
    with queue(bench) as bell:
        again = bell.enqueue(JOB, settlement_id)
        wait_for("the job run again", lambda: bool(again.get_status(refresh=True) == "finished"))
        assert again.return_value() == f"{settlement_id}: nothing to do"
    assert settlement(cast, settlement_id) == batch
    assert_right(cast, trigger())
    bench.audit()


def test_a_worker_that_wakes_up_after_its_lease_writes_nothing(cast: Cast, bench: Bench):
    """Another worker took over and finished; the late one's write finds its epoch gone."""
    bench.run("slow", "tests.mutants.worker")
    opened = open_settlement(cast, iso(bench.now()))
    wait_for("the middle of the job", bench.post_box("inside").exists)
    bench.advance(LEASE_MS)
    bench.run("worker", *WORKER)
    bench.run("scheduler", *SCHEDULER)
    batch = completed(cast, opened["settlement_id"])
    assert_right(cast, batch)
    bench.end("worker", "scheduler")
    bench.post_box("go-on").touch()
    with queue(bench) as bell:
        wait_for("the late worker's failure", lambda: len(bell.failed_job_registry) == 1)
    assert settlement(cast, opened["settlement_id"]) == batch
    assert_right(cast, batch)
