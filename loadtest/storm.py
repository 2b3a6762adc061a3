"""The storm itself: Locust lets everybody in before the opening, then everybody keeps to the clock."""

from __future__ import annotations

import gc
import logging
import time
from collections import Counter
from typing import Any

import gevent
from gevent.queue import Queue
from geventhttpclient.client import HTTPClientPool
from locust.env import Environment
from sqlalchemy import create_engine, text

from loadtest.crowd import ANSWER_WITHIN_S, PATIENCE_S, Attempt, Cashier, Person, Storm, Visitor
from loadtest.replay.house import House
from loadtest.replay.progress import Progress
from loadtest.replay.wire import HOST
from loadtest.scene import Scene
from loadtest.shapes import visits
from loadtest.verdict import LATE_S, Facts, percentile

# Long enough for Locust to make thousands of users before the first of them starts.
OPENS_IN_S = 4.0
MADE_PER_S = 1_000
CLAIMED_ROWS = text("SELECT COUNT(*) FROM voucher WHERE batch_id = :batch")


def play(scene: Scene, seed: int) -> Storm:
    """Publish the batch, open the doors, wait until everybody has gone home."""
    opens = scene.publish(OPENS_IN_S + scene.shape.citizens / MADE_PER_S)
    planned = visits(scene.shape, seed)
    storm = Storm(scene.shape, scene.house.port, scene.batch_id, scene.citizens, scene.tills, planned, opens)
    storm.lines = [Queue() for _ in scene.tills]
    environment = _environment(storm)
    runner = environment.create_local_runner()
    runner.start(scene.shape.citizens + scene.shape.tills, spawn_rate=MADE_PER_S)
    gc.collect()
    gc.freeze()  # the crowd stays until the end: looking through it again and again would make starts late
    _watch(storm)
    for line in storm.lines:
        line.put(None)
    closing = gevent.spawn(_until_all_tills_close, storm)
    closing.join(PATIENCE_S)
    closing.kill()
    storm.unfinished += scene.shape.citizens - storm.gone
    runner.quit()
    gc.unfreeze()
    return storm


def _environment(storm: Storm) -> Environment:
    """Locust with this crowd; a script that breaks is noted, not hidden."""
    logging.getLogger("locust").setLevel(logging.CRITICAL)
    Person.storm = storm
    # One pool: connections are dialled when needed and kept, as a proxy in front of the platform would.
    Person.client_pool = HTTPClientPool(
        concurrency=storm.shape.citizens + storm.shape.tills,
        connection_timeout=ANSWER_WITHIN_S,
        network_timeout=ANSWER_WITHIN_S,
    )
    Visitor.waiting = list(range(storm.shape.citizens))
    Cashier.free = list(range(storm.shape.tills))
    Visitor.fixed_count, Cashier.fixed_count = storm.shape.citizens, storm.shape.tills
    environment = Environment(user_classes=[Visitor, Cashier], host=f"http://{HOST}:{storm.port}")

    def broken(exception: BaseException, **_: Any) -> None:
        storm.script_errors.append(repr(exception))

    environment.events.user_error.add_listener(broken)
    return environment


def _watch(storm: Storm) -> None:
    """A bar by the clock until everybody has gone, or patience has ended."""
    print(f"开抢倒计时 opening in {-storm.now_s():.0f} s", flush=True)
    gevent.sleep(max(0.0, -storm.now_s()))
    progress = Progress("", round(storm.shape.seconds))
    give_up_s = storm.shape.seconds + storm.shape.walk_s[1] + 2 * PATIENCE_S
    while storm.gone < storm.shape.citizens and storm.now_s() < give_up_s:
        gevent.sleep(0.25)
        while progress.done < min(int(storm.now_s()), progress.total):
            progress.title = f"风暴 storm 领 {len(storm.vouchers):,} 核销 {len(storm.redeemed):,}"
            progress.step()
    progress.title = f"风暴 storm 领 {len(storm.vouchers):,} 核销 {len(storm.redeemed):,}"
    progress.end()


def _until_all_tills_close(storm: Storm) -> None:
    """The last in line are served as well."""
    while storm.closed < storm.shape.tills:
        gevent.sleep(0.05)


def facts(storm: Storm, scene: Scene) -> Facts:
    """Count what was seen, read the state, run the audit."""
    attempts, errors, busy = storm.attempts, Counter[str](), 0
    for attempt in attempts:
        if attempt.status == 503 and attempt.may_retry:
            busy += 1
        elif attempt.status >= 500 or attempt.status == 0:
            errors[f"{attempt.door} {attempt.status or attempt.code}"] += 1
    by_api, by_rows = scene.claimed(), claimed_rows(scene.house, storm.batch_id)
    audit = scene.house.flask("audit")
    told = (audit.stdout or audit.stderr).splitlines()
    in_time = {till for till, at_s in storm.redeemed if at_s <= storm.shape.seconds}
    return Facts(
        vouchers=storm.shape.vouchers,
        tills=storm.shape.tills,
        claimed_by_answers=len(storm.vouchers),
        claimed_by_api=by_api,
        claimed_by_rows=by_rows,
        audit_exit=audit.returncode,
        audit_says=tuple(line for line in told if not line.startswith("✓")) if audit.returncode else (),
        attempts=len(attempts),
        busy=busy,
        errors=errors,
        surprises=storm.surprises,
        unfinished=storm.unfinished,
        claim_p99_s=percentile(took(attempts, "claim"), 0.99),
        redeem_p99_s=percentile(took(attempts, "redeem"), 0.99),
        line_p99_s=percentile(storm.waits_s, 0.99),
        tills_redeemed=len(in_time),
        starts=len(storm.late_s),
        late_starts=sum(late_s > LATE_S for late_s in storm.late_s),
        script_errors=tuple(storm.script_errors),
    )


def took(attempts: list[Attempt], door: str) -> list[float]:
    """How long each answer of a door took, in seconds; a first claim counts from its drawn instant."""
    return [attempt.took_s for attempt in attempts if attempt.door == door]


def claimed_rows(house: House, batch_id: str) -> int:
    """How many vouchers of the batch there are, counted in SQL."""
    engine = create_engine(house.settings()["DATABASE_URL"])
    try:
        with engine.connect() as connection:
            return int(connection.scalar(CLAIMED_ROWS, {"batch": batch_id}) or 0)
    finally:
        engine.dispose()


def since(began: float) -> str:
    """Minutes and seconds since this instant of the monotonic clock."""
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes}:{seconds:02d}"
