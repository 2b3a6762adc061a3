"""The organizer's numbers, live: per batch, in time, by place; and what is paid for a closed interval of them."""

from __future__ import annotations

import hashlib
import urllib.request
from typing import Any

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Batch
from tests.kit.servers import wait_for


def page(here: Staffed, batch: Batch, known: str = "") -> Reply:
    """The statistics, as whoever knows them already asks for them."""
    path = f"/organizer/v1/campaigns/{batch.campaign_id}/statistics"
    return here.zhao.door.send("GET", path, None, {"If-None-Match": known} if known else {})


def test_the_numbers_are_live_and_the_same_however_they_are_cut(here: Staffed):
    """Two claims, an order, a refund of a part: before and after the roll-up, by day, hour, store, area, category."""
    batch = here.batch(stock=2)
    shop, small = here.shop(), here.zhao.shop("德宽路小店", category="零售", area="德宽路街道", is_small=True)
    zhang, wang = here.citizen(), here.citizen("王五")
    assert shop.redeem(zhang.show(), [zhang.holds(batch.batch_id)], gross_fen=12_000).status == 201
    sold = small.redeem(wang.show(), [wang.holds(batch.batch_id)], gross_fen=10_000).body
    assert small.reverse(sold["order_no"], refund_fen=2_500).status == 201
    first = page(here, batch)
    assert _without_instant(first.body) == _without_instant(page(here, batch).body)
    totals = first.body["totals"]
    assert (totals["verified_vouchers"], totals["subsidy_fen"], totals["direct_fen"]) == (2, 3_500, 19_500)
    assert (totals["new_holders"], totals["returning_holders"], totals["leverage"]) == (2, 0, 5.5714)
    assert first.body["batches"][0]["sold_out_after_ms"] >= 0
    by_place = {row["area"]: row["direct_fen"] for row in first.body["by_area"]}
    assert by_place == {"菱湖街道": 12_000, "德宽路街道": 7_500}
    assert first.body["small_shop_share"] == round(1_500 / 3_500, 4)
    funnel = first.body["funnel"]
    assert funnel["redeemed"] == 2 <= funnel["scanned"] <= funnel["displayed"]
    assert here.town.flask("stats", "fold").returncode == 0
    assert _without_instant(page(here, batch).body) == _without_instant(first.body)
    recounted = here.town.flask("stats", "recount")
    assert recounted.returncode == 0, recounted.stdout


def test_what_has_not_changed_is_not_sent_again(here: Staffed):
    """304 as long as no figure has changed; then the new figures."""
    batch, citizen = here.batch(), here.citizen()
    known = page(here, batch).headers["etag"]
    assert page(here, batch, known).status == 304
    citizen.holds(batch.batch_id)
    changed = page(here, batch, known)
    assert changed.status == 200 and changed.headers["etag"] != known
    assert changed.body["totals"]["held"] == 1


def test_an_opening_is_counted_second_by_second(here: Staffed):
    """Of each batch from its own window on; who has seen the first seconds asks for the later ones."""
    batch = here.batch()
    for citizen in here.citizens(3):
        citizen.holds(batch.batch_id)
    path = f"/campaigns/{batch.campaign_id}/opening"
    seen = here.zhao.get(path)
    (shown,) = seen["batches"]
    assert sum(second["claimed"] for second in shown["seconds"]) == 3
    assert all(0 <= second["second"] < 600 for second in shown["seconds"]) and not seen["is_over"]
    last = shown["seconds"][-1]
    later = here.zhao.get(f"{path}?since={last['second']}")["batches"][0]["seconds"]
    assert later == [last]
    assert here.zhao.get(f"{path}?since=600")["batches"][0]["seconds"] == []
    here.town.advance(11 * 60_000)
    assert here.zhao.get(path)["is_over"] and here.zhao.get(path)["batches"] == [shown]


def test_what_is_estimated_stands_apart(here: Staffed):
    """A factor with its source: labelled, and in no other figure."""
    batch, citizen = here.batch(), here.citizen()
    assert here.shop().redeem(citizen.show(), [citizen.holds(batch.batch_id)], gross_fen=10_000).status == 201
    counted = page(here, batch).body
    assert counted["indirect"] is None
    path = f"/campaigns/{batch.campaign_id}/indirect-estimates"
    here.zhao.post(path, {"factor_bp": 20_000, "source": "猜测"}, expect=201)
    here.zhao.post(path, {"factor_bp": 35_000, "source": "区商务局 2026"}, expect=201)
    shown = page(here, batch).body
    estimate = shown["indirect"]
    assert (estimate["estimate_fen"], estimate["factor"], estimate["source"]) == (
        35_000,
        3.5,
        "区商务局 2026",
    )
    assert "estimate" in estimate["label"] and shown["totals"] == counted["totals"]


def test_a_file_is_asked_for_and_fetched(here: Staffed):
    """A worker writes it; its sums are the page's and its hash is the one that is told."""
    batch, citizen = here.batch(), here.citizen()
    assert here.shop().redeem(citizen.show(), [citizen.holds(batch.batch_id)], gross_fen=10_000).status == 201
    asked = here.zhao.post("/exports", {"campaign_id": batch.campaign_id}, expect=202)
    path = f"/exports/{asked['export_id']}"
    wait_for("the export", lambda: here.zhao.get(path)["state"] == "done", seconds=60)
    done, totals = here.zhao.get(path), page(here, batch).body["totals"]
    assert [done[name] for name in ("subsidy_fen", "direct_fen")] == [
        totals["subsidy_fen"],
        totals["direct_fen"],
    ]
    file = fetched(here, f"/organizer/v1{path}/file")
    assert hashlib.sha256(file).hexdigest() == done["sha256"] and len(file) == done["byte_count"]
    assert file.decode("utf-8-sig").count("redeem,") == done["row_count"] == 1
    assert here.zhao.door.get("/organizer/v1/exports/exp_1").code == "export_not_found"


def fetched(here: Staffed, path: str) -> bytes:
    """The bytes of a file."""
    asked = urllib.request.Request(
        here.town.url + path, headers={"Authorization": f"Bearer {here.zhao.door.token}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_a_figure_that_is_wrong_is_found(here: Staffed):
    """`flask stats recount` names it and exits 1."""
    batch, citizen = here.batch(), here.citizen()
    assert here.shop().redeem(citizen.show(), [citizen.holds(batch.batch_id)]).status == 201
    assert here.town.flask("stats", "fold").returncode == 0
    alter = "UPDATE posting_sum SET fen = fen + :n WHERE campaign_id = :c AND hours = 24"
    here.town.execute(alter, n=1, c=batch.campaign_id)
    try:
        found = here.town.flask("stats", "recount")
    finally:
        here.town.execute(alter, n=-1, c=batch.campaign_id)
    assert found.returncode == 1 and batch.campaign_id in found.stdout and "posting_sum" in found.stdout


def _without_instant(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "as_of": "", "funnel": {**body["funnel"], "displayed": 0, "scanned": 0, "quoted": 0}}
