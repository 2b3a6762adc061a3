"""More load than capacity: whoever is sent away is told when to come back, and tills are not sent away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.conftest import DATABASES, Staffed
from tests.kit.bench import SHIPPED, Bench
from tests.kit.http import Door, Reply
from tests.kit.people import Citizen, Organizer
from tests.kit.servers import Postgres, wait_for
from tests.kit.together import all_at_once, each

pytestmark = pytest.mark.race
STOCK, CROWD, TILLS = 30, 100, 6


@pytest.fixture(params=DATABASES)
def narrow(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Staffed]:
    """A town whose two web processes work on two claims each at once."""
    limits = {"CLAIMS_AT_ONCE": "2", "REQUESTS_AT_ONCE": "60"}
    town = Bench(request.param, postgres if request.param == "postgresql" else None, SHIPPED, **limits)
    try:
        town.start()
        for role in ("worker", "scheduler"):
            town.run(role, "workers.run", role)
        yield Staffed(town, Organizer(town, name="赵组织"), Organizer(town, name="钱审核"))
        town.audit()
    finally:
        town.remove()


def final(citizen: Citizen, batch_id: str, first: Reply) -> Reply:
    """What an application ends with that repeats its key until the answer is final."""
    replies = [first]

    def is_final() -> bool:
        if replies[-1].status in (429, 503):
            replies.append(citizen.claim(batch_id, f"key-{citizen.phone}"))
        return replies[-1].status not in (429, 503)

    wait_for("a final answer", is_final)
    return replies[-1]


@pytest.mark.case(17)
def test_case_17_a_storm_sheds_claims_and_no_redemption(narrow: Staffed):
    """Only answers with a meaning, nothing granted is lost, every till redeems, and the process is alive throughout."""
    batch, shops = narrow.batch(stock=STOCK), narrow.shops(TILLS)
    customers, crowd = narrow.citizens(TILLS), narrow.citizens(CROWD)
    held = each(customers, lambda customer: customer.holds(batch.batch_id), width=1)
    codes = each(customers, lambda customer: customer.show())
    health: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            health.append(Door(narrow.town.url).get("/healthz").status)

    watcher = threading.Thread(target=watch)
    watcher.start()
    acts: list[Callable[[], Any]] = [
        *(partial(citizen.claim, batch.batch_id, f"key-{citizen.phone}") for citizen in crowd),
        *(partial(s.redeem, code, [voucher]) for s, code, voucher in zip(shops, codes, held, strict=True)),
    ]
    answers: list[Any] = all_at_once(acts)
    over.set()
    watcher.join()
    first, redeemed = answers[:CROWD], answers[CROWD:]

    outcomes = Counter((reply.status, reply.code) for reply in first)
    assert outcomes[503, "overloaded"] > 0
    assert set(outcomes) <= {(201, None), (409, "sold_out"), (503, "overloaded"), (503, "gate_closed")}
    away = [reply for reply in first if reply.status == 503]
    assert all(1 <= int(reply.headers["retry-after"]) <= 4 and reply.body["retryable"] for reply in away)
    assert len({reply.headers["retry-after"] for reply in away if reply.code == "overloaded"}) > 1
    assert [answer.status for answer in redeemed] == [201] * TILLS
    assert health and set(health) == {200}

    granted = [citizen for citizen, reply in zip(crowd, first, strict=True) if reply.status == 201]
    assert all(len(citizen.vouchers()) == 1 for citizen in granted)
    ends = each(
        list(zip(crowd, first, strict=True)), lambda each_one: final(each_one[0], batch.batch_id, each_one[1])
    )
    assert Counter(reply.status < 300 for reply in ends)[True] == STOCK - TILLS
    assert narrow.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == STOCK
