"""Two doors, one answer: the claim in front of Flask and the view behind it (a differential test).

A content type with a parameter means the same and is left to the view, so every request can be sent to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Batch, Citizen, approved_batch, iso
from tests.kit.servers import wait_for
from tests.kit.town import Town

# What differs between the doors has nothing to do with the database.
one_database = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
TO_THE_VIEW = "application/json; charset=utf-8"
# What differs from one request to the next, whoever answers.
OWN = ("trace_id", "server_time", "wait_ms")
OWN_HEADERS = ("x-request-id", "content-length", "retry-after")
OWN_VOUCHER = ("voucher_id", "claimed_at", "valid_from", "valid_to")


@dataclass(frozen=True)
class Ask:
    """A claim that can be sent to either door."""

    citizen: Citizen
    batch_id: str
    key: str

    def at(self, door: str) -> Reply:
        """Send it; who answered is seen in the log."""
        trace = token_hex(8)
        headers = {"Idempotency-Key": self.key, "X-Request-Id": trace}
        headers |= {"Content-Type": TO_THE_VIEW} if door == "view" else {}
        reply = self.citizen.door.send("POST", f"/api/v1/batches/{self.batch_id}/claims", {}, headers)
        assert reply.headers["x-request-id"] == trace
        SENT[door].append((self.citizen.town, trace))
        return reply


SENT: dict[str, list[tuple[Town, str]]] = {"hot": [], "view": []}


@pytest.fixture(autouse=True)
def answered_where_it_was_sent() -> Iterator[None]:
    """A line of the view tells of its SQL; lines take a moment to arrive, those of the view are waited for."""
    for traces in SENT.values():
        traces.clear()
    yield
    for town, trace in SENT["view"]:
        wait_for("the line of the view", partial(_is_views, town, trace))
    assert not [trace for town, trace in SENT["hot"] if _is_views(town, trace)]


def _is_views(town: Town, trace: str) -> bool:
    return any("sql_writes" in line for line in town.requests_logged() if line["trace_id"] == trace)


def same(hot: Reply, view: Reply) -> None:
    """Status, headers and body, but for what is each request's own."""
    assert hot.status == view.status, (hot.body, view.body)
    told = [
        {name: reply.headers[name] for name in reply.headers if name not in OWN_HEADERS}
        for reply in (hot, view)
    ]
    assert told[0] == told[1]
    assert set(hot.headers) == set(view.headers)
    assert list(hot.body) == list(view.body)  # the order of fields, too
    assert {**hot.body, **dict.fromkeys(OWN)} == {**view.body, **dict.fromkeys(OWN)}


def drained(citizen: Citizen, batch: Batch, code: str) -> None:
    """Memory has heard what the gate says: two looks from now it answers."""
    wait_for(code, lambda: citizen.claim(batch.batch_id).code == code)


def key() -> str:
    """A fresh one."""
    return f"hot-{token_hex(6)}"


def test_a_granted_claim_and_its_replay(here: Staffed):
    """One voucher by each door; the replay is the same at both, also a key used for something else."""
    batch, other = here.batch(stock=5), here.batch(stock=5)
    asks = [Ask(citizen, batch.batch_id, key()) for citizen in here.citizens(2)]
    hot, view = asks[0].at("hot"), asks[1].at("view")
    assert hot.status == 201
    for reply in (hot, view):
        reply.body["voucher"].update(dict.fromkeys(OWN_VOUCHER))
        reply.body["claim_key"] = None
    same(hot, view)
    for ask in asks:
        hot, view = ask.at("hot"), ask.at("view")
        assert hot.status == 200 and hot.headers["idempotent-replayed"] == "true" and hot.body == view.body
        assert hot.headers["content-length"] == view.headers["content-length"]  # written alike, too
        same(hot, view)
        misused = Ask(ask.citizen, other.batch_id, ask.key)
        hot, view = misused.at("hot"), misused.at("view")
        assert hot.code == "idempotency_mismatch"
        same(hot, view)


@one_database
@pytest.mark.parametrize(
    "code", ["not_started", "sold_out", "campaign_paused", "claim_ended", "person_limit", "batch_not_found"]
)
def test_a_refusal(here: Staffed, code: str):
    """The same words from memory, from the gate, and from the view."""
    citizen, batch_id = REFUSALS[code](here)
    first = Ask(citizen, batch_id, key()).at("hot")
    wait_for("memory", lambda: Ask(citizen, batch_id, key()).at("hot").code == code)
    view = Ask(citizen, batch_id, key()).at("view")
    assert first.code == code
    same(first, view)
    same(Ask(citizen, batch_id, key()).at("hot"), view)


def _not_started(here: Staffed) -> tuple[Citizen, str]:
    soon = here.town.now() + 600_000
    batch = approved_batch(here.zhao, here.qian, claim_from=iso(soon), claim_to=iso(soon + 60_000), stock=1)
    return here.citizen(), batch.batch_id


def _sold_out(here: Staffed) -> tuple[Citizen, str]:
    batch, citizen = here.batch(stock=1), here.citizen()
    here.citizen().holds(batch.batch_id)
    drained(citizen, batch, "sold_out")
    return citizen, batch.batch_id


def _paused(here: Staffed) -> tuple[Citizen, str]:
    batch = here.batch(stock=5)
    here.zhao.post(f"/campaigns/{batch.campaign_id}/pause", {"reason": "核查"}, expect=200)
    return here.citizen(), batch.batch_id


def _closed(here: Staffed) -> tuple[Citizen, str]:
    batch = here.batch(stock=5)
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {"reason": "结束"}, expect=200)
    return here.citizen(), batch.batch_id


def _held(here: Staffed) -> tuple[Citizen, str]:
    batch, citizen = here.batch(stock=5), here.citizen()
    citizen.holds(batch.batch_id)
    return citizen, batch.batch_id


REFUSALS: dict[str, Callable[[Staffed], tuple[Citizen, str]]] = {
    "not_started": _not_started,
    "sold_out": _sold_out,
    "campaign_paused": _paused,
    "claim_ended": _closed,
    "person_limit": _held,
    "batch_not_found": lambda here: (here.citizen(), "bat_" + "0" * 26),
}


@one_database
@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b'{"now": 1}', {}, "request_invalid"),
        (b"{", {}, "json_invalid"),
        (b"{}", {"Idempotency-Key": "no"}, "idempotency_key_invalid"),
        (b"{}", {"Authorization": "Bearer ctz_1.9999999999.0123456789"}, "not_signed_in"),
        (b"{}", {"Authorization": "Bearer nonsense"}, "not_signed_in"),
        (b"{}", {"Content-Type": "text/plain"}, "unsupported_media_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_plain_claim_is_the_views(here: Staffed, body: bytes, headers: dict[str, str], code: str):
    """Every doubt is left to Flask, which says what is wrong."""
    batch, citizen = here.batch(stock=1), here.citizen()
    path, sent = f"/api/v1/batches/{batch.batch_id}/claims", {"Idempotency-Key": key(), **headers}
    assert citizen.door.send("POST", path, body, sent).code == code


@one_database
def test_a_session_is_the_citizens_alone_and_ends(here: Staffed):
    """One character changed, another's name on it: nobody. After thirty days: expired."""
    batch, citizen = here.batch(stock=3), here.citizen()
    token = str(citizen.door.token)
    name, ends, mac = token.split(".")
    forged = [
        f"{name}.{ends}.{mac[:-1]}{'0' if mac[-1] != '0' else '1'}",
        f"{here.citizen().citizen_id}.{ends}.{mac}",
    ]
    forged.append(f"{name}.{int(ends) + 1}.{mac}")
    for attempt in forged:
        citizen.door.token = attempt
        assert citizen.claim(batch.batch_id).code == "not_signed_in"
    citizen.door.token = token
    citizen.claim(batch.batch_id, expect=201)


def test_after_the_last_voucher_a_refusal_costs_redis_nothing(here: Staffed):
    """A hundred who come too late, and not one script more (goal P6)."""
    batch, crowd = here.batch(stock=1), here.citizens(10)
    here.citizen().holds(batch.batch_id)
    for citizen in crowd[:3]:
        drained(citizen, batch, "sold_out")
    wait_for("both processes", lambda: _scripts(here, lambda: _claims(crowd[3:], batch, 5)) == 0)
    assert _scripts(here, lambda: _claims(crowd, batch, 10)) == 0


def _claims(crowd: list[Citizen], batch: Batch, times: int) -> None:
    for citizen in crowd:
        for _ in range(times):
            assert citizen.claim(batch.batch_id).code == "sold_out"


def _scripts(here: Staffed, act: Callable[[], None]) -> int:
    """How often the gate judged a claim meanwhile: only claim.lua looks for several marks at once."""

    def ran() -> int:
        stats: dict[str, Any] = here.town.redis().info("commandstats")
        return int(stats.get("cmdstat_smismember", {"calls": 0})["calls"])

    before = ran()
    act()
    return ran() - before
