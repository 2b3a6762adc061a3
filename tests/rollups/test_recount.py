"""Statistics that grow step by step equal a recount after whatever happened; `make stats-recount` does it at length."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from secrets import token_hex
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.quote import Order
from app.domain.refusals import Refused
from app.extensions import db
from app.vouchers.expire import expire_due
from app.vouchers.grant import Ask, grant
from campaigns import figures
from campaigns.rollups import fold, interval
from campaigns.rollups.recount import contradictions, differences
from campaigns.statistics import statistics
from merchant_api.scans import quote_scan
from tests.conftest import DATABASES
from tests.kit.servers import RedisServer
from tests.kit.together import all_at_once
from tests.kit.world import open_world
from tests.rollups.random_town import HOUR_MS, RandomTown

OPS = int(os.environ.get("STATS_OPS") or 300)
SEED = int(os.environ.get("STATS_SEED") or 1)
# The same figures from the states of vouchers and lines, on a way that the platform does not go.
STATES = text(
    "SELECT b.claimed, COALESCE(SUM(l.verified), 0) AS verified_vouchers, COALESCE(SUM(l.reversed), 0) AS reversed,"
    " COALESCE(SUM(l.subsidy_fen), 0) AS subsidy_fen, COALESCE(SUM(l.direct_fen), 0) AS direct_fen,"
    " (SELECT COUNT(*) FROM voucher v WHERE v.batch_id = b.id AND v.status = 'redeemed') AS redeemed"
    " FROM batch b LEFT JOIN (SELECT batch_id, CASE WHEN effective THEN 1 ELSE 0 END AS verified,"
    " CASE WHEN effective THEN 0 ELSE 1 END AS reversed,"
    " CASE WHEN effective THEN subsidy_fen - returned_fen ELSE 0 END AS subsidy_fen,"
    " CASE WHEN effective THEN order_share_fen - refunded_fen ELSE 0 END AS direct_fen FROM redemption_line) l"
    " ON l.batch_id = b.id WHERE b.campaign_id = :c GROUP BY b.id, b.claimed ORDER BY b.id"
)
HOLDERS = text(
    "SELECT COUNT(DISTINCT r.citizen_id) FROM redemption r JOIN redemption_line l ON l.redemption_id = r.id"
    " WHERE l.campaign_id = :c"
)
BY_TIME, BY_PLACE = ("by_day", "by_weekday", "by_hour"), ("by_store", "by_area", "by_category")


@pytest.fixture(scope="module", params=DATABASES)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RandomTown]:
    """Everything that happens is old enough to be rolled up at once: one process names its rows in order."""
    redis, home = RedisServer().start(), tmp_path_factory.mktemp("random")
    address = f"sqlite:///{home}/random.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("random")
    lag, fold.LAG_MS = fold.LAG_MS, 0
    with open_world(address, redis.url, home) as world:
        yield RandomTown(world, SEED, size=max(OPS // 3, 60))
    fold.LAG_MS = lag
    redis.remove()


def lived(town: RandomTown, count: int) -> None:
    """So many things happen."""
    for number in range(count):
        town.step()
        if OPS > 1_000 and number % 1_000 == 999:
            sys.stderr.write(
                f"\r{number + 1:>7,} of {count:,}: {town.done:,} done, {town.refused:,} refused "
            )


def shown(town: RandomTown) -> dict[str, Any]:
    """The page."""
    with sql.snapshot() as session:
        return statistics(session, town.campaign_id)


def recounted(town: RandomTown) -> list[dict[str, Any]]:
    """What differs from a recount."""
    with sql.snapshot() as session:
        return [*differences(session), *contradictions(session)]


def agrees(town: RandomTown) -> None:
    """Page, states, breakdowns and recount say the same."""
    page = shown(town)
    with sql.reading() as session:
        states = [dict(row) for row in session.execute(STATES, {"c": town.campaign_id}).mappings()]
        holders = session.scalar(HOLDERS, {"c": town.campaign_id})
    assert [
        {name: batch[name] for name in state} for batch, state in zip(page["batches"], states, strict=True)
    ] == states
    totals = page["totals"]
    assert totals["new_holders"] + totals["returning_holders"] == holders
    assert totals["claimed"] == totals["held"] + totals["redeemed"] + totals["expired"] + totals["revoked"]
    for breakdown in (*BY_TIME, *BY_PLACE):
        for figure in ("verified_vouchers", "reversed", "subsidy_fen", "direct_fen"):
            assert sum(row[figure] for row in page[breakdown]) == totals[figure], (breakdown, figure)
    assert recounted(town) == []


def test_statistics_equal_a_recount_after_random_operations(town: RandomTown):
    """Rolled up or not: at three moments on the way, and when everything is."""
    for _ in range(3):
        lived(town, OPS // 3)
        agrees(town)
    town.pass_time(8 * 24 * HOUR_MS)
    assert shown(town)["totals"]["held"] == 0
    assert expire_due() > 0
    agrees(town)
    before = shown(town)
    assert town.done > OPS // 3 and before["totals"]["reversed"] and before["totals"]["expired"]
    fold.fold()
    agrees(town)
    after = shown(town)
    assert {**after, "as_of": ""} == {**before, "as_of": ""}
    assert fold.fold() == 0


def test_an_interval_summed_from_the_roll_up_is_that_of_its_postings(town: RandomTown):
    """Any interval, whether hours and days fit into it or not, rolled up or not."""
    last = town.world.one("SELECT last_no FROM posting_clock WHERE campaign_id = :c", c=town.campaign_id)
    bounds = sorted(town.dice.sample(range(last + 1), min(12, last)))
    for low, high in [*pairwise(bounds), (0, last), (bounds[0], bounds[-1])]:
        bounds_of = {"campaign_id": town.campaign_id, "from_no": low, "to_no": high}
        found = sql.write(partial(interval.sums, **bounds_of))
        with sql.reading() as session:
            assert found == interval.recount(session, town.campaign_id, low, high)
            assert found or low == high


def test_a_step_that_was_overtaken_adds_nothing(town: RandomTown, monkeypatch: pytest.MonkeyPatch):
    """It read the bound before another worker moved it; without the condition on the bound a recount would differ."""
    lived(town, 30)
    fold.fold()
    monkeypatch.setattr(fold, "hold", lambda *_: 0)
    monkeypatch.setattr(fold, "UP_TO", text("SELECT 0"))
    steps: list[Callable[[Session], bool]] = [
        partial(fold.fold_postings, campaign_id=town.campaign_id),
        fold.fold_rows,
    ]
    assert [sql.write(step) for step in steps] == [False, False]
    assert recounted(town) == []
    for statement, step in zip(("MOVE", "MOVE_ROWS"), steps, strict=True):
        cut = text(str(getattr(fold, statement)).partition(" AND up_to")[0])
        monkeypatch.setattr(fold, statement, cut)
        with sql.writing() as session:
            step(session)
            if db.engine.dialect.name == "postgresql":
                session.execute(sql._ANY_PLAN)
            assert differences(session) != []
            session.rollback()


def test_a_roll_up_in_the_middle_of_a_closing_changes_nothing(
    town: RandomTown, monkeypatch: pytest.MonkeyPatch
):
    """It waits for the closing, which holds the bound; else the day that was read as whole would have grown.

    SQLite has one writer.
    """
    if db.engine.dialect.name == "sqlite":
        return
    refunded(town)
    fold.fold()
    refunded(town)
    folded = town.world.one("SELECT up_to_no FROM posting_fold WHERE campaign_id = :c", c=town.campaign_id)
    with sql.reading() as session:
        right = interval.recount(session, town.campaign_id, 0, folded)
    covered = interval._covered

    def overtaken(*found: Any) -> Any:
        all_at_once([partial(rolled_up, town)])
        return covered(*found)

    monkeypatch.setattr(interval, "_covered", overtaken)
    for is_held in (True, False):
        if not is_held:
            monkeypatch.setattr(interval, "hold", lambda *_: folded)
        bounds = {"campaign_id": town.campaign_id, "from_no": 0, "to_no": folded}
        assert (sql.write(partial(interval.sums, **bounds)) == right) is is_held


def refunded(town: RandomTown) -> None:
    """Postings of the same hour."""
    for _ in range(20):
        with suppress(Refused):
            town.refund()


def rolled_up(town: RandomTown) -> None:
    """One step by somebody else, unless the bound stays held for too long."""
    with town.world.app.app_context(), suppress(Refused):
        sql.write(partial(fold.fold_postings, campaign_id=town.campaign_id))


def test_what_is_named_early_and_committed_late_is_counted(town: RandomTown, monkeypatch: pytest.MonkeyPatch):
    """A claim is held up before its COMMIT while the roll-up goes on; SQLite has nobody but one writer."""
    if db.engine.dialect.name == "sqlite":
        return
    for is_fenced in (True, False):
        if not is_fenced:
            monkeypatch.setattr(fold, "OLDEST", text("SELECT NULL"))
        (citizen,) = town.world.newcomers([9_000_000 + is_fenced])
        with sql.writing() as session:
            grant(session, [Ask(citizen, town.batches[0], clock.now())])
            time.sleep(0.01)
            fold.fold()
        fold.fold()
        assert (recounted(town) == []) is is_fenced


def test_quotes_are_counted_with_the_next_scans(town: RandomTown):
    """A scan with an order quotes in its own transaction; a quote by itself waits in memory for one."""
    quoted = "SELECT COALESCE(SUM(count), 0) FROM code_count WHERE event = 'quoted'"
    voucher = next(names[0] for names in town.holders.values() if names)
    before = town.world.one(quoted)
    scanned = town.world.scan(town.world.code_of(voucher), token_hex(8))
    assert town.world.one(quoted) == before + 1
    quote_scan(town.world.till(), scanned.body["scan_token"], Order(12_000), None)
    assert town.world.one(quoted) == before + 1
    town.world.scan(town.world.code_of(voucher), token_hex(8))
    assert town.world.one(quoted) == before + 3


@pytest.mark.parametrize("name", ["HOURS", "STORES", "DUE"])
def test_a_page_reads_no_table_through(name: str, town: RandomTown):
    """However many rows there are: sums by their keys, the tail by numbers and ids, what is due by its own index.

    The plan of a database without statistics is the plan of every day.
    """
    if db.engine.dialect.name == "postgresql":
        return
    query = getattr(figures, name)
    with sql.reading() as session:
        asked = dict.fromkeys(query._bindparams, "x")
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {query.text}"), asked)]
    read_through = {step.split()[1] for step in plan if step.startswith("SCAN")}
    assert read_through <= {"CONSTANT", "f", "span", "tail", "happened", "days", "d"}, plan
    assert not [step for step in plan if "(kind=?)" in step], plan
