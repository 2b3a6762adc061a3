"""The scans for holds run by themselves, and one at a time: twins, and a worker that was paused over its lease."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from tests.conftest import DATABASES, Staffed
from tests.journeys.test_payout import FACE, paid_owner, sell
from tests.kit.people import Batch, Organizer
from tests.kit.servers import wait_for
from tests.kit.town import Town
from tests.kit.workers import heard, held, tell

pytestmark = pytest.mark.race
BURST = 10
HOUR_MS = 3_600_000
SWEEP = "workers.sweep.ring_due_hold_scans"
SCAN = "from workers.holds import scan; input(); print(scan('{}'), flush=True)"
# It has judged, and is about to write; its lease ends meanwhile.
PAUSED = (
    "from campaigns.holds import detect; from workers.holds import scan; judged = detect.judged;"
    " detect.judged = lambda rows: [judged(rows), print('judged', flush=True), input()][0];"
    " print(scan('{}'), flush=True)"
)


@pytest.fixture(params=DATABASES)
def watched(request: pytest.FixtureRequest, make_town: Callable[..., Town]) -> Staffed:
    """A platform that scans by itself, an hour after the last time."""
    town = make_town(request.param, HOLD_SCAN_HOURS="1")
    return Staffed(town, Organizer(town, name="赵组织"), Organizer(town, name="钱审核"))


def burst(here: Staffed) -> Batch:
    """A campaign with as many redemptions at one till as no cashier serves; the schedule has seen none of them."""
    batch, (_, till) = here.batch(), paid_owner(here)
    for _ in range(BURST):
        sell(here, till, batch)
    return batch


def cases(here: Staffed, batch: Batch) -> list[dict[str, Any]]:
    """What is on hold in it."""
    found: list[dict[str, Any]] = here.zhao.get(f"/campaigns/{batch.campaign_id}/hold-cases")["items"]
    return found


def scanned_no(here: Staffed, batch: Batch) -> int:
    """How far it was looked at."""
    rows = here.town.rows("SELECT scanned_no FROM hold_scan WHERE campaign_id = :c", c=batch.campaign_id)
    return int(rows[0]["scanned_no"]) if rows else 0


def test_the_schedule_holds_what_a_rule_names_and_nobody_opened_it(watched: Staffed):
    """By the platform's own scheduler and worker; an hour later it looks at what is new, and at nothing else."""
    batch = burst(watched)
    watched.town.advance(HOUR_MS)
    watched.town.ring(SWEEP)
    wait_for("the case", lambda: len(cases(watched, batch)) == 1, seconds=60)
    (case,) = cases(watched, batch)
    assert (case["rule"], case["held_fen"]) == ("burst", BURST * FACE)
    assert watched.town.one("SELECT opened_by FROM hold_case WHERE id = :id", id=case["case_id"]) is None
    wait_for("the end of the scan", lambda: scanned_no(watched, batch) >= BURST)
    before, body = scanned_no(watched, batch), {"to": "released", "reason": "开业酬宾，已核实"}
    watched.qian.post(f"/hold-cases/{case['case_id']}/decisions", body, expect=200)
    watched.town.advance(HOUR_MS)
    watched.town.ring(SWEEP)
    wait_for("the next scan", lambda: scanned_no(watched, batch) > before, seconds=60)
    assert [each["state"] for each in cases(watched, batch)] == ["released"], (
        "whoever was cleared stays cleared"
    )


def test_four_workers_at_once_open_one_case(here: Staffed):
    """One of them holds the lease; the others find nothing to do."""
    batch = burst(here)
    with ExitStack() as stack:
        jobs = [stack.enter_context(held(here.town, SCAN.format(batch.campaign_id))) for _ in range(4)]
        for job in jobs:
            tell(job, "go")
        said = [heard(job) for job in jobs]
    assert sum("1 cases opened" in word for word in said) == 1, said
    (case,) = cases(here, batch)
    assert len(case["items"]) == BURST


def test_a_worker_that_was_paused_over_its_lease_opens_nothing(here: Staffed):
    """Another one did its work meanwhile; the epoch is the fence."""
    batch = burst(here)
    with held(here.town, PAUSED.format(batch.campaign_id)) as late:
        assert heard(late) == "judged"
        here.town.execute("UPDATE hold_scan SET lease_until = 0 WHERE campaign_id = :c", c=batch.campaign_id)
        with held(here.town, SCAN.format(batch.campaign_id)) as quick:
            tell(quick, "go")
            assert "1 cases opened" in heard(quick)
        tell(late, "go")
        assert "taken over" in heard(late)
    assert len(cases(here, batch)) == 1
