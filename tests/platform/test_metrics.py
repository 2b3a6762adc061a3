"""`/metrics`: one scrape shows the sum over all processes, and no series names a person or an id."""

from __future__ import annotations

import os
import signal
import timeit
from collections.abc import Callable
from functools import partial

import psutil
import pytest

from app import metrics
from app.domain.refusals import Refusal
from tests.conftest import Staffed
from tests.kit.http import Door
from tests.kit.scrape import scrape, value
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.kit.town import Town

HEALTH = {"method": "GET", "route": "/healthz", "status": "200", "code": "-"}


def test_a_scrape_is_the_sum_over_processes_and_outlives_them(make_town: Callable[..., Town]):
    """Both web processes count into it, and a killed one leaves what it had counted."""
    town = make_town("sqlite")
    before = value(scrape(town), "ankang_http_requests_total", **HEALTH)
    workers = {child.pid: child for child in psutil.Process(town.pid("web")).children()}
    asked = 0

    def both_have_counted() -> bool:
        nonlocal asked
        all_at_once([partial(Door(town.url).get, "/healthz", expect=200)] * 20)
        asked += 20
        files = (town.home / "data" / "metrics").glob("histogram_*")
        return {str(pid) for pid in workers} <= {file.stem.rpartition("_")[2] for file in files}

    wait_for("requests at both processes", both_have_counted)
    assert value(scrape(town), "ankang_http_requests_total", **HEALTH) == before + asked

    victim = next(iter(workers))
    os.kill(victim, signal.SIGKILL)
    wait_for(
        "another worker",
        lambda: bool({c.pid for c in psutil.Process(town.pid("web")).children()} - set(workers)),
    )

    def is_forgotten() -> bool:
        assert value(scrape(town), "ankang_http_requests_total", **HEALTH) == before + asked
        return not list((town.home / "data" / "metrics").glob(f"gauge_live*_{victim}.db"))

    wait_for("the first scrape after its parent has heard of its end", is_forgotten)


def test_the_worker_and_the_scheduler_are_seen_alive(here: Staffed):
    """And how many jobs wait for them."""
    wait_for("both", lambda: value(scrape(here.town), "ankang_processes_alive", role="worker") == 1)
    series = scrape(here.town)
    assert value(series, "ankang_processes_alive", role="scheduler") == 1
    assert ("ankang_queue_jobs", frozenset({("queue", "ankang")})) in series


def test_claims_and_redemptions_are_counted_by_outcome(here: Staffed):
    """Granted, replayed, refused: one series each; a claim for a made-up batch makes no series of its own."""
    batch, citizen, shop = here.batch(stock=1), here.citizen(), here.shop()
    before = scrape(here.town)
    voucher = citizen.claim(batch.batch_id, "metered-key").body["voucher"]["voucher_id"]
    citizen.claim(batch.batch_id, "metered-key", expect=200)
    here.citizen().claim(batch.batch_id, expect=409)
    citizen.claim("bat_made_up", expect=404)
    assert shop.redeem(citizen.show(), [voucher]).status == 201
    sold_out = partial(value, name="ankang_claims_total", outcome="sold_out")
    wait_for("what memory may have answered", lambda: sold_out(scrape(here.town)) > sold_out(before))
    after = scrape(here.town)

    def rise(name: str, outcome: str) -> float:
        return value(after, name, outcome=outcome) - value(before, name, outcome=outcome)

    outcomes = ("granted", "replayed", "sold_out", "batch_not_found")
    assert [rise("ankang_claims_total", outcome) for outcome in outcomes] == [1, 1, 1, 1]
    assert rise("ankang_redemptions_total", "granted") == 1
    known = {refusal.code for refusal in Refusal} | {"-"}
    assert {labels["code"] for _, found in after if "code" in (labels := dict(found))} <= known
    assert not [found for _, found in after if "made_up" in str(found)]


@pytest.mark.parametrize("token", [None, "a-guess-of-a-token"])
def test_strangers_read_no_metrics(here: Staffed, token: str | None):
    """How much is sold and how busy the tills are is nobody's business."""
    assert Door(here.town.url, token=token).get("/metrics").code == "not_signed_in"


def test_counting_costs_next_to_nothing():
    """Microseconds, so that answers from memory can afford it; the bound is loose because machines are busy."""
    count = 2_000
    best = min(
        timeit.repeat(
            lambda: metrics.count_requests(metrics.CLAIM, 409, "sold_out", [0.001], 1), number=count, repeat=5
        )
    )
    assert best / count < 50e-6
