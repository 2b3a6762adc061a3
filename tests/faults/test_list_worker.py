"""Targeted issue whatever happens to its worker: killed while it checks, killed while it issues, run by two."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from app.vault import Vault
from tests.kit import lists
from tests.kit.bench import Bench
from tests.kit.people import approved_batch
from tests.kit.servers import wait_for
from tests.mutants.cast import Cast

pytestmark = pytest.mark.race
WORKER, SCHEDULER = ("workers.run", "worker"), ("workers.run", "scheduler")
LEASE_MS = 2_000
KINDS = 5
# `make targeted-list` asks for more.
ROWS = int(os.environ.get("TARGET_ROWS", "3000"))
BAD = int(os.environ.get("TARGET_BAD", "50"))


@pytest.fixture
def bench(cast: Cast) -> Iterator[Bench]:
    """The bench with all fences, no worker, no scheduler."""
    cast.bench.without()
    yield cast.bench
    cast.bench.end("worker", "other", "scheduler", "slow", how=signal.SIGKILL)


def vouchers(bench: Bench, batch_id: str) -> int:
    """How many vouchers of this batch there are."""
    return int(bench.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :id", id=batch_id))


def test_killed_between_the_vouchers_and_their_commit_every_good_row_gets_one_voucher(
    cast: Cast, bench: Bench
):
    """kill -9 inside the second transaction of three; another worker goes on after the lease."""
    people = lists.settle(bench, 2_500)
    batch = approved_batch(cast.zhao, cast.qian, stock=2_600)
    bench.run("slow", "tests.mutants.list_worker")
    content = lists.csv_of([lists.line(person) for person in people])
    list_id = lists.upload(cast.zhao, batch.batch_id, content).body["list_id"]
    lists.arrived(cast.zhao, list_id, "checked")
    lists.release(cast.qian, list_id)
    wait_for("the middle of the issue", bench.post_box("inside").exists)
    bench.end("slow", how=signal.SIGKILL)
    assert vouchers(bench, batch.batch_id) == 1_000
    assert lists.upload(cast.zhao, batch.batch_id, content).body["list_id"] == list_id
    bench.advance(LEASE_MS)
    bench.run("worker", *WORKER)
    bench.run("other", *WORKER)
    bench.run("scheduler", *SCHEDULER)
    done = lists.arrived(cast.zhao, list_id, "issued")
    assert (done["issued"], done["refused"], vouchers(bench, batch.batch_id)) == (2_500, {}, 2_500)
    assert (
        bench.one("SELECT COUNT(DISTINCT citizen_id) FROM voucher WHERE batch_id = :id", id=batch.batch_id)
        == 2_500
    )
    assert bench.broken_promises() == set()
    bench.audit()


@pytest.mark.timeout(900)
def test_a_long_list_uploaded_twice_and_killed_half_way_twice(cast: Cast, bench: Bench):
    """Five kinds of bad rows, each named; the worker dies while it checks and while it issues."""
    people = lists.settle(bench, ROWS - BAD + BAD // KINDS)
    good, suspended = people[: ROWS - BAD], people[ROWS - BAD :]
    for person in suspended:
        bench.execute(
            "UPDATE citizen SET status = 'suspended' WHERE id = :id", id=citizen_id(bench, person.phone)
        )
    bad = lists.bad_lines(good, BAD // KINDS)
    bad += [(lists.line(person), "citizen_suspended") for person in suspended]
    batch = approved_batch(cast.zhao, cast.qian, stock=ROWS, face_fen=500)  # within the budget of a draft
    content = lists.csv_of([lists.line(person) for person in good] + [row for row, _ in bad])
    bench.run("scheduler", *SCHEDULER)
    began = time.monotonic()
    list_id = lists.upload(cast.zhao, batch.batch_id, content).body["list_id"]
    tell("uploaded", len(content), "bytes", since=began)
    began = time.monotonic()
    killed_at(bench, list_id, "checked", ROWS // 4, cast)
    assert lists.upload(cast.zhao, batch.batch_id, content).body["list_id"] == list_id
    found = lists.arrived(cast.zhao, list_id, "checked", seconds=300)
    tell("checked", found["checked"], "rows, killed once", since=began)
    assert found["refused"] == dict.fromkeys(dict.fromkeys(reason for _, reason in bad), BAD // KINDS)
    named = [(int(row[0]), row[1]) for row in lists.report(cast.qian, list_id)]
    assert named == [(len(good) + 2 + n, reason) for n, (_, reason) in enumerate(bad)]
    bench.end("worker")  # while it is idle: told to end at work, it would first finish the list
    began = time.monotonic()
    lists.release(cast.qian, list_id)
    killed_at(bench, list_id, "issued", ROWS // 4, cast)
    done = lists.arrived(cast.zhao, list_id, "issued", seconds=300)
    tell("issued", done["issued"], "vouchers, killed once", since=began)
    assert lists.upload(cast.zhao, batch.batch_id, content).body["list_id"] == list_id
    assert (done["issued"], vouchers(bench, batch.batch_id)) == (ROWS - BAD, ROWS - BAD)
    assert bench.one(
        "SELECT COUNT(DISTINCT citizen_id) FROM voucher WHERE batch_id = :id", id=batch.batch_id
    ) == len(good)
    assert bench.broken_promises() == set()
    bench.audit()


def killed_at(bench: Bench, list_id: str, progress: str, rows: int, cast: Cast) -> None:
    """Start a worker, kill it -9 in the middle, and start another one that waits for the lease."""
    column = "result = 'issued'" if progress == "issued" else "TRUE"
    count = f"SELECT COUNT(*) FROM target_row WHERE list_id = :id AND {column}"
    bench.run("worker", *WORKER)
    # It is seen a little later than it is so: early enough that it is still the middle then.
    wait_for("the middle", lambda: bench.one(count, id=list_id) >= rows, seconds=300)
    bench.end("worker", how=signal.SIGKILL)
    done = bench.one(count, id=list_id)
    tell("killed after", done, f"rows {progress}")
    assert rows <= done < ROWS - BAD
    bench.run("worker", *WORKER)


def citizen_id(bench: Bench, phone: str) -> str:
    """The citizen with this phone, found as the platform finds people."""
    index = vault_of(bench).blind_index("phone", phone)
    return str(bench.one("SELECT id FROM citizen WHERE phone_bi = :index", index=index))


def vault_of(bench: Bench) -> Vault:
    """The platform's own keys."""
    keys = (bytes.fromhex(bench.platform_env[name]) for name in ("DATA_KEY", "INDEX_KEY"))
    return Vault(*keys)


def tell(did: str, count: int, of: str, since: float | None = None) -> None:
    """A line for `make targeted-list`."""
    took = "" if since is None else f" in {time.monotonic() - since:.1f} s"
    sys.stdout.write(f"{did} {count:,} {of}{took}\n")
