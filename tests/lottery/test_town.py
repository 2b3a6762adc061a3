"""A lottery in the town: registered over HTTP, closed by the clock, drawn by two persons, issued by the worker."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Batch, Citizen, approved_batch, iso
from tests.kit.problems import refused
from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.kit.workers import heard, held, tell, worker_frozen

pytestmark = pytest.mark.race

SCRIPT = Path(__file__).with_name("recompute.py")
WINDOW_MS = 600_000
VALUE = "3,025.10"
# A worker's job that issues two winners at a time and stops after each chunk, until it is told to go on.
HELD_JOB = """
import sys
from campaigns import lottery_run
from workers.context import application
from workers.lottery import run

lottery_run.CHUNK = 2
write = lottery_run.sql.write
def held(work):
    result = write(work)
    if getattr(work, "func", None) is lottery_run._issue_chunk:
        print("issued", result, flush=True)
        sys.stdin.readline()
    return result

application()
print("ready", flush=True)
lottery_run.sql.write = held
print(run(sys.stdin.readline().strip()))
"""


def lottery_batch(here: Staffed, places: int) -> Batch:
    """An approved lottery whose registration opens in one minute and closes ten minutes later."""
    opens = here.town.now() + 60_000
    terms: dict[str, Any] = {
        "mode": "lottery",
        "public_value_name": "上证指数 2026-11-30 收盘",
        "stock": places,
        "claim_from": iso(opens),
        "claim_to": iso(opens + WINDOW_MS),
    }
    return approved_batch(here.zhao, here.qian, **terms)


def register(citizen: Citizen, batch: Batch, key: str | None = None) -> Reply:
    """Register for the lottery."""
    return citizen.door.post(f"/api/v1/batches/{batch.batch_id}/registrations", {}, key)


def status(citizen: Citizen, batch: Batch) -> dict[str, Any]:
    """What the citizen sees of the own registration."""
    found: dict[str, Any] = citizen.door.get(
        f"/api/v1/batches/{batch.batch_id}/registrations/mine", expect=200
    ).body
    return found


def published(here: Staffed, batch: Batch) -> dict[str, Any]:
    """What everybody sees of the lottery."""
    campaign = here.citizen().door.get(f"/api/v1/campaigns/{batch.campaign_id}", expect=200).body
    (shown,) = [each["lottery"] for each in campaign["batches"]]
    return dict(shown)


def frozen(here: Staffed, batch: Batch) -> dict[str, Any]:
    """Move the clock past the close and wait for the list's hash."""
    here.town.advance(WINDOW_MS + 1_000)
    path = f"/batches/{batch.batch_id}/draws"
    wait_for("the frozen list", lambda: here.zhao.get(path)["state"] == "frozen", seconds=60)
    return dict(here.zhao.get(path))


def issued(here: Staffed, batch: Batch) -> dict[str, Any]:
    """Wait until every winner is served."""
    path = f"/batches/{batch.batch_id}/draws"
    wait_for("the vouchers", lambda: here.zhao.get(path)["state"] == "issued", seconds=90)
    return dict(here.zhao.get(path))


def vouchers(here: Staffed, batch: Batch) -> list[str]:
    """Who holds a voucher of this batch."""
    rows = here.town.rows("SELECT citizen_id FROM voucher WHERE batch_id = :b", b=batch.batch_id)
    return sorted(row["citizen_id"] for row in rows)


@pytest.mark.case(16)
@pytest.mark.timeout(240)
def test_case_16_drawn_twice_and_at_once_it_is_one_result_that_anyone_can_recompute(
    here: Staffed, tmp_path: Path
):
    """Twelve register for five places; five persons win, once; the file gives the same five to a stranger."""
    town, batch, crowd = here.town, lottery_batch(here, places=5), here.citizens(12)
    promised = published(here, batch)
    assert promised["commitment"] and promised["seed"] is None and promised["state"] == "open"
    early = refused(register(crowd[0], batch), 409, "registration_not_started")
    assert early["server_time"] and early["wait_ms"] > 0
    town.advance(61_000)
    refused(crowd[0].claim(batch.batch_id), 409, "not_first_come")
    replies = all_at_once([partial(register, citizen, batch) for citizen in crowd])
    assert {reply.status for reply in replies} == {201}
    numbers = {reply.body["number"] for reply in replies}
    assert len(numbers) == 12 and {len(number) for number in numbers} == {12}
    doors = {"value": {"value": VALUE}, "draw": {}}
    value, draw = (f"/organizer/v1/batches/{batch.batch_id}/{word}" for word in ("public-values", "draws"))
    refused(here.zhao.door.post(value, doors["value"]), 409, "wrong_state")
    refused(here.zhao.door.post(draw, {}), 409, "wrong_state")
    closed = frozen(here, batch)
    assert (closed["registrants"], closed["places"], closed["public_value"]) == (12, 5, None)
    assert refused(register(here.citizen(), batch), 409, "registration_ended")["server_time"]
    refused(here.qian.door.post(draw, {}), 409, "wrong_state")
    here.zhao.door.post(value, doors["value"], expect=200)
    refused(here.zhao.door.post(draw, {}), 403, "self_approval")
    assert {status(citizen, batch)["status"] for citizen in crowd} == {"waiting"}
    asked = all_at_once([partial(here.qian.door.post, draw, {})] * 4)
    assert {reply.status for reply in asked} == {202}
    done = issued(here, batch)
    assert here.qian.door.post(draw, {}).body["drawn_at"] == done["drawn_at"]
    assert (done["winners"], done["issued"], done["refused"]) == (5, 5, 0)
    assert done["commitment"] == promised["commitment"] and done["list_sha256"] == closed["list_sha256"]

    path = tmp_path / "results.jsonl"
    path.write_bytes(urllib.request.urlopen(town.url + done["results"]).read())
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert {row[0] for row in rows} == numbers
    told = ("--commitment", promised["commitment"], "--list-sha256", closed["list_sha256"])
    verified = town.flask("lottery", "verify", str(path), *told)
    assert verified.returncode == 0, verified.stderr
    assert subprocess.run([sys.executable, "-I", str(SCRIPT), str(path)], check=False).returncode == 0
    own = {citizen.citizen_id: status(citizen, batch) for citizen in crowd}
    winners = sorted(who for who, seen in own.items() if seen["status"] == "won")
    assert {own[who]["number"] for who in winners} == {row[0] for row in rows if len(row) == 2}
    assert vouchers(here, batch) == winners and len(winners) == 5
    assert {seen["status"] for seen in own.values()} == {"won", "not_won"}
    assert all(own[citizen.citizen_id]["voucher_id"] for citizen in crowd if citizen.citizen_id in winners)
    wallet = next(citizen for citizen in crowd if citizen.citizen_id == winners[0]).vouchers()
    assert own[winners[0]]["voucher_id"] in {voucher["voucher_id"] for voucher in wallet}
    compared(here, batch, next(citizen for citizen in crowd if citizen.citizen_id == winners[0]))


def compared(here: Staffed, batch: Batch, winner: Citizen) -> None:
    """One winner of five spends 12,000 fen: what the vouchers caused, and how unsure that is of so few."""
    (voucher,) = [each["voucher_id"] for each in winner.vouchers() if each["batch_id"] == batch.batch_id]
    assert here.shop().redeem(winner.show(), [voucher], gross_fen=12_000).status == 201
    found = here.zhao.get(f"/batches/{batch.batch_id}/lottery/effect")
    sides = {side: (found[side]["people"], found[side]["mean_fen"]) for side in ("winners", "losers")}
    assert sides == {"winners": (5, 2_400), "losers": (7, 0)}
    causal = found["causal"]
    assert (causal["difference_fen"], causal["leverage"], found["naive_leverage"]) == (2_400, 6.0, 6.0)
    assert causal["low_fen"] < 0 < causal["difference_fen"] < causal["high_fen"]


def test_one_person_registers_once(here: Staffed):
    """The same key again is a replay, another key is told the number; suspended people are turned away."""
    batch, citizen, other = lottery_batch(here, places=5), here.citizen(), here.citizen()
    here.town.advance(61_000)
    first = register(citizen, batch, "registration-1")
    again = register(citizen, batch, "registration-1")
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    twice = refused(register(citizen, batch), 409, "already_registered")
    assert twice["number"] == first.body["number"] == status(citizen, batch)["number"]
    asked: list[Callable[[], Reply]] = [partial(register, other, batch)] * 6
    assert sorted(reply.status for reply in all_at_once(asked)) == [201, *[409] * 5]
    here.town.execute("UPDATE citizen SET status = 'suspended' WHERE id = :id", id=other.citizen_id)
    refused(register(other, batch), 409, "citizen_suspended")
    here.town.execute("UPDATE citizen SET status = 'active' WHERE id = :id", id=other.citizen_id)
    plain = here.batch()
    refused(register(citizen, plain), 409, "not_a_lottery")
    body = here.zhao.batch_terms(mode="lottery")
    refused(
        here.zhao.door.post(f"/organizer/v1/campaigns/{here.zhao.draft()}/batches", body),
        422,
        "campaign_invalid",
    )


@pytest.mark.timeout(240)
def test_issued_once_by_workers_that_are_killed_late_and_repeated(here: Staffed):
    """Killed after the first chunk, overtaken in the second: seven winners, six vouchers, one recorded refusal."""
    town, batch, crowd = here.town, lottery_batch(here, places=9), here.citizens(7)
    town.advance(61_000)
    assert {register(citizen, batch).status for citizen in crowd} == {201}
    frozen(here, batch)
    value, draw = (f"/organizer/v1/batches/{batch.batch_id}/{word}" for word in ("public-values", "draws"))
    here.zhao.door.post(value, {"value": VALUE}, expect=200)
    unlucky = crowd[3].citizen_id
    town.execute("UPDATE citizen SET status = 'suspended' WHERE id = :id", id=unlucky)
    with held(town, HELD_JOB) as killed, held(town, HELD_JOB) as late:
        assert (heard(killed), heard(late)) == ("ready", "ready")
        with worker_frozen(town):
            here.qian.door.post(draw, {}, expect=202)
            tell(killed, batch.batch_id)
            assert heard(killed) == "issued 2"
            killed.kill()
            town.advance(3_000)
            tell(late, batch.batch_id)
            assert heard(late) == "issued 4"
            town.advance(3_000)
        done = issued(here, batch)
        tell(late, "go on")
        assert heard(late) == "issued None", "its lease is gone"
        tell(late, "")
        assert heard(late) == f"{batch.batch_id}: nothing to do"
    assert (done["winners"], done["issued"], done["refused"]) == (7, 6, 1)
    assert [entry["code"] for entry in done["refusals"]] == ["citizen_suspended"]
    town.execute("UPDATE citizen SET status = 'active' WHERE id = :id", id=unlucky)
    assert status(crowd[3], batch)["refusal"] == "citizen_suspended"
    assert vouchers(here, batch) == sorted({citizen.citizen_id for citizen in crowd} - {unlucky})
    again = town.flask("audit")
    assert again.returncode == 0, again.stdout
    assert here.zhao.get(f"/batches/{batch.batch_id}/draws") == done
