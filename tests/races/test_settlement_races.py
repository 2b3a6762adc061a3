"""Settlement triggered at once, with a worker killed in the middle and another one that wakes up too late."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import iso
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.kit.town import Town
from tests.kit.workers import heard, held, tell, worker_frozen

pytestmark = pytest.mark.race
ROUNDS = int(os.environ.get("ROUNDS", "2"))

# A worker's job that stops between taking its lease and writing its lines, until it is told to go on.
HELD_JOB = """
import sys
from campaigns import settlement
from workers.context import application
from workers.settlement import settle

write = settlement.sql.write
def held(work):
    result = write(work)
    print("holds", result and result["lease_epoch"], flush=True)
    sys.stdin.readline()
    return result

application()
print("ready", flush=True)
settlement.sql.write = held
print(settle(sys.stdin.readline().strip()))
"""


def held_job(town: Town) -> AbstractContextManager[subprocess.Popen[str]]:
    """A worker process of the test's own; it waits for the id of a settlement on its standard input."""
    return held(town, HELD_JOB)


def intervals(here: Staffed, campaign_id: str) -> set[int]:
    """In how many settlement batches each posting of this campaign is."""
    rows = here.town.rows(
        "SELECT t.posting_no, COUNT(s.id) AS batches FROM transfer t LEFT JOIN settlement_batch s"
        " ON s.campaign_id = t.campaign_id AND t.posting_no > s.from_no AND t.posting_no <= s.to_no"
        " WHERE t.campaign_id = :c AND t.posting_no IS NOT NULL GROUP BY t.posting_no",
        c=campaign_id,
    )
    return {int(row["batches"]) for row in rows}


@pytest.mark.case(37)
def test_case_37_triggered_five_times_killed_in_the_middle_and_run_again_it_is_one_batch(here: Staffed):
    """One batch for one cutoff; the killed worker left nothing, the late one and a second run write nothing.

    `make settle-rounds ROUNDS=50` does it that often on each database.
    """
    for number in range(ROUNDS):
        settle_in_a_storm(here)
        sys.stderr.write(f"\r{number + 1}/{ROUNDS} rounds on {here.town.database}")


def settle_in_a_storm(here: Staffed) -> None:
    """Five triggers at once; a worker is killed with its lease, another one paused past its own, a third one writes."""
    town, batch, shop, crowd = here.town, here.batch(), here.shop(), here.citizens(6)
    for citizen in crowd:
        assert shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)]).status == 201
    town.advance(1_000)
    body, path = {"cutoff": iso(town.now())}, f"/organizer/v1/campaigns/{batch.campaign_id}/settlements"
    with held_job(town) as killed, held_job(town) as late:
        assert (heard(killed), heard(late)) == ("ready", "ready")
        with worker_frozen(town):
            askers = [here.zhao, here.qian, here.zhao, here.qian, here.zhao]
            opened = all_at_once([partial(who.door.post, path, body) for who in askers])
            assert {reply.status for reply in opened} == {202}
            (settlement_id,) = {reply.body["settlement_id"] for reply in opened}
            tell(killed, settlement_id)
            assert heard(killed) == "holds 1"
            killed.kill()
            town.advance(3_000)
            tell(late, settlement_id)
            assert heard(late) == "holds 2"
            assert here.zhao.get(f"/settlements/{settlement_id}")["lines"] == []
            town.advance(3_000)
        found = f"/settlements/{settlement_id}"
        wait_for("the lines", lambda: here.zhao.get(found)["state"] == "computed", seconds=60)
        computed = here.zhao.get(found)
        tell(late, "go on")
        assert late.wait(timeout=30) != 0, "whoever lost the lease writes nothing"
    assert here.zhao.get(found) == computed
    assert computed["total_fen"] == sum(line["net_fen"] for line in computed["lines"]) == 12_000
    (line,) = computed["lines"]
    assert (line["merchant_id"], line["redeemed_count"], line["reversed_count"]) == (shop.merchant_id, 6, 0)
    with held_job(town) as again:
        tell(again, settlement_id)
        tell(again, "")
        assert (heard(again), heard(again)) == ("ready", "holds None")
        assert heard(again) == f"{settlement_id}: nothing to do"
    assert here.zhao.get(f"/campaigns/{batch.campaign_id}/settlements")["items"] == [computed]


@pytest.mark.case(37)
def test_case_37_redemptions_while_batches_are_closed_are_each_in_exactly_one(here: Staffed):
    """Closing at three moments among redemptions and refunds: intervals without gap or overlap, sums that agree."""
    town, batch, crowd = here.town, here.batch(), here.citizens(18)
    shops = [here.shop(), here.shop()]
    held = [(citizen.holds(batch.batch_id), citizen.show()) for citizen in crowd]
    path = f"/organizer/v1/campaigns/{batch.campaign_id}/settlements"

    def close() -> int:
        return here.zhao.door.post(path, {"cutoff": iso(town.now())}).status

    def buy(n: int) -> int:
        voucher, code = held[n]
        bought = shops[n % 2].redeem(code, [voucher], f"O-37-{n}").status
        return bought if n % 3 else shops[n % 2].reverse(f"O-37-{n}").status

    purchases: list[Callable[[], int]] = [partial(buy, n) for n in range(len(crowd))]
    answers = all_at_once([*purchases[:9], close, *purchases[9:], close, close])
    assert set(answers) <= {201, 202, 422}, "422: a cutoff may arrive after a later one"
    assert 202 in answers and answers.count(201) == len(crowd)
    town.advance(1_000)
    assert close() == 202
    figures = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (figures["redeemed"], figures["reversed"], figures["subsidy_fen"]) == (12, 6, 24_000)
    assert intervals(here, batch.campaign_id) == {1}

    def batches() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = here.zhao.get(f"/campaigns/{batch.campaign_id}/settlements")["items"]
        return items

    wait_for("the lines", lambda: all(item["state"] == "computed" for item in batches()), seconds=60)
    assert sum(item["total_fen"] for item in batches()) == 24_000
    late = town.one(
        "SELECT COUNT(*) FROM transfer t JOIN settlement_batch s ON s.campaign_id = t.campaign_id"
        " WHERE t.campaign_id = :c AND ((t.posting_no <= s.to_no) <> (t.posted_at < s.cutoff))"
        " AND t.posting_no IS NOT NULL",
        c=batch.campaign_id,
    )
    assert late == 0, "the number and the time of a posting agree on every cutoff"
