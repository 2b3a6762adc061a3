"""Notices whatever happens to their worker: killed between sending and writing it down, or awake too late."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.domain import notice
from app.queue import queue_on
from tests.events import letters
from tests.kit.bench import Bench
from tests.kit.servers import wait_for
from tests.mutants.cast import Cast

pytestmark = pytest.mark.race
WORKER, SCHEDULER = ("workers.run", "worker"), ("workers.run", "scheduler")
SLOW = "tests.mutants.notice_worker"
LEASE_MS = 2_000
CALLING = "SELECT COUNT(*) FROM event WHERE citizen_id IS NOT NULL"


@pytest.fixture
def folder(cast: Cast) -> Iterator[Path]:
    """Where messages go; a claim, two orders and a return have happened, nobody has heard of it yet."""
    bench = cast.bench.without()
    folder = bench.home / "data" / "notices"
    for old in folder.glob("*/*"):
        old.unlink()
    bench.post_box("horse").unlink(missing_ok=True)
    cast.crowd[0].holds(cast.plenty.batch_id)
    till = cast.tills[1]
    paid = [
        till.redeem(cast.holder.show(), cast.vouchers[:1], "O-KEPT"),
        till.redeem(cast.holder.show(), cast.vouchers[1:2], "O-BACK", 13_000),
        till.reverse("O-BACK"),
    ]
    assert [answer.status for answer in paid] == [201] * 3
    yield folder
    bench.end("worker", "scheduler", "slow", how=signal.SIGKILL)


def stopped_in_the_middle(bench: Bench, folder: Path) -> int:
    """Everything is sent, and nothing says so. The process that has done it."""
    bench.run("slow", SLOW)
    bench.run("scheduler", *SCHEDULER)
    wait_for("the middle of the job", bench.post_box("inside").exists)
    assert len(letters.messages(folder)) > 0
    assert bench.one("SELECT COUNT(*) FROM notice WHERE state <> 'pending'") == 0
    return int(bench.post_box("horse").read_text())


def everything_is_sent(bench: Bench) -> None:
    """Each event that a citizen is concerned by has been noticed, and its message is out."""
    waiting = "SELECT (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM notice WHERE state <> 'sent')"
    wait_for(
        "the last notice", lambda: bench.one("SELECT COUNT(*) FROM notice") == 4 and bench.one(waiting) == 0
    )


def assert_once(bench: Bench, folder: Path) -> None:
    """As many messages as events, each with its one name."""
    names = {
        notice.name_of(row["event_no"], row["person_no"])
        for row in bench.rows("SELECT event_no, person_no FROM notice")
    }
    assert len(names) == bench.one(CALLING) == 4
    found = letters.messages(folder)
    assert found.keys() == names
    assert sorted(each["kind"] for each in found.values()) == ["claimed", "redeemed", "redeemed", "refunded"]
    assert not [path for path in folder.glob("*/*") if not path.name.startswith("ntc_")]


def test_each_event_yields_one_notice_although_the_worker_is_killed_between_send_and_mark(
    cast: Cast, folder: Path
):
    """Both its processes, without a word. The next worker hands over the same messages once more: under their keys."""
    bench = cast.bench
    horse = stopped_in_the_middle(bench, folder)
    before = {path: path.stat() for path in folder.glob("*/*.json")}
    bench.end("slow", how=signal.SIGKILL)
    os.kill(horse, signal.SIGKILL)
    assert bench.one("SELECT lease_epoch FROM notice_clock") == 1
    bench.advance(LEASE_MS)
    bench.run("worker", *WORKER)
    everything_is_sent(bench)
    assert bench.one("SELECT lease_epoch FROM notice_clock") > 1
    assert_once(bench, folder)
    assert {path: path.stat() for path in before} == before
    bench.audit()


def test_a_sender_that_wakes_up_after_its_lease_changes_nothing(cast: Cast, folder: Path):
    """Another worker took over and finished; the late one's write finds its epoch gone."""
    bench = cast.bench
    stopped_in_the_middle(bench, folder)
    bench.advance(LEASE_MS)
    bench.run("worker", *WORKER)
    everything_is_sent(bench)
    bench.end("worker", "scheduler")
    known = "SELECT event_no, state, attempts, sent_at FROM notice ORDER BY event_no"
    before = bench.rows(known)
    bench.post_box("go-on").touch()
    with redis.Redis.from_url(bench.platform_env["REDIS_URL"]) as connection:
        failed = queue_on(connection).failed_job_registry
        wait_for("the late sender's failure", lambda: len(failed) == 1)
    assert bench.rows(known) == before
    assert_once(bench, folder)
