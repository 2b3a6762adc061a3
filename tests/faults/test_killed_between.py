"""A web process dies between gate and SQL: its unit left the gate and no voucher was issued. Nothing stays unsold."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import psutil
import pytest
import sqlalchemy

from app.gate import keys
from tests.conftest import Staffed
from tests.kit.people import Batch, Citizen
from tests.kit.servers import RedisServer, wait_for
from tests.kit.town import Town

pytestmark = pytest.mark.race
PENDING_MS = 5_000


@contextmanager
def batch_held(town: Town, batch: Batch) -> Iterator[None]:
    """No claim can reach its SQL while the block runs: the batch's row (SQLite: the database) is locked by us."""
    if town.database == "sqlite":
        address = town.engine.url.database or ""
        with sqlite3.connect(address, isolation_level=None, timeout=20) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        connection.close()
        return
    with town.engine.connect() as ours:
        ours.execute(sqlalchemy.text("SELECT 1 FROM batch WHERE id = :b FOR UPDATE"), {"b": batch.batch_id})
        yield


def killed_between(unlucky: Staffed, redis: RedisServer, batch: Batch, citizen: Citizen, key: str) -> None:
    """A claim passes the gate; then every web process is killed. The claim's note stays behind."""
    note = keys.pending(batch.batch_id)

    def claim() -> None:
        with suppress(OSError):
            citizen.claim(batch.batch_id, key)

    thread = threading.Thread(target=claim)
    with batch_held(unlucky.town, batch), redis.client() as client:
        thread.start()
        wait_for("the claim past the gate", lambda: client.hlen(note) == 1)
        kill_web_processes(unlucky.town)
        thread.join()
    assert unlucky.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == 0
    wait_for("new web processes", partial(is_served, unlucky))


def kill_web_processes(town: Town) -> None:
    """SIGKILL to the server's workers; the server makes new ones."""
    children = json.loads((town.home / "data" / "run.json").read_text())["children"]
    workers = psutil.Process(children["web"]).children()
    assert workers
    for worker in workers:
        worker.kill()


def is_served(unlucky: Staffed) -> bool:
    """Whether the doors are open again."""
    try:
        return unlucky.zhao.door.get("/healthz").status == 200
    except OSError:
        return False


def test_a_claim_that_died_between_gate_and_sql_gets_its_unit_with_the_same_key(
    unlucky: Staffed, own_redis: RedisServer
):
    """The last unit is out of the gate; whoever took it repeats the key and is admitted again."""
    batch, citizen = unlucky.batch(stock=1), unlucky.citizen()
    killed_between(unlucky, own_redis, batch, citizen, "the-key-of-the-dead")
    assert citizen.claim(batch.batch_id, "the-key-of-the-dead").status == 201
    assert unlucky.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == 1


def test_a_unit_that_died_between_gate_and_sql_is_claimable_again(unlucky: Staffed, own_redis: RedisServer):
    """Nobody comes back for it: after five seconds the gate is rebuilt, and somebody else gets the last voucher."""
    batch, (gone, next_one) = unlucky.batch(stock=1), unlucky.citizens(2)
    killed_between(unlucky, own_redis, batch, gone, "the-key-of-the-dead")
    early = next_one.claim(batch.batch_id, "a-patient-key")
    assert (
        early.code == "sold_out" or early.status == 201
    )  # new web processes may have taken their five seconds
    unlucky.town.advance(PENDING_MS + 1)
    granted = (201, 200)
    wait_for("the rebuilt gate", lambda: next_one.claim(batch.batch_id, "a-patient-key").status in granted)
    assert gone.claim(batch.batch_id, "the-key-of-the-dead").code == "sold_out"
    unlucky.town.audit()
