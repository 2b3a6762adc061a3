"""Faults of the sandbox: every refusal is forced, before the deed or in place of its reply, as often as asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from app.domain.refusals import Kind, Refusal
from app.errors import status_of
from merchant_api.client.till import Answer
from tests.conftest import Staffed
from tests.kit.people import Shop
from tests.kit.reservations import capture, release, reserve
from tests.kit.sandbox import arm, ask, customer, sandboxed

AT_THE_TILL = [refusal for refusal in Refusal if refusal.is_at_the_till]


def calls(till: Shop) -> dict[str, Callable[[], Answer]]:
    """One request for each operation; without a fault each is refused, for nothing is there."""
    return {
        "scan": partial(till.scan, "88"),
        "quote": partial(till.quote, "scn_1.mac", 12_000),
        "redeem": partial(till.redeem, "scn_1.mac", ["vch_1"]),
        "reverse": partial(till.reverse, "O-NONE", refund_fen=1_000),
        "find": partial(till.find, "O-NONE"),
        "reserve": partial(reserve, till, "scn_1.mac", ["vch_1"]),
        "capture": partial(capture, till, "O-NONE"),
        "release": partial(release, till, "O-NONE"),
    }


def shape(answer: Answer) -> tuple[Any, ...]:
    """What a till sees of a refusal."""
    return (
        answer.status,
        answer.body["code"],
        answer.body["retryable"],
        "retry-after" in answer.headers,
        answer.headers["content-type"],
    )


@pytest.mark.parametrize("operation", ["scan", "redeem"])
def test_every_code_of_the_tills_catalogue_can_be_forced(here: Staffed, operation: str):
    """Status, code, whether to repeat, Retry-After where that is 429 or 503: as the catalogue says."""
    till = here.zhao.shop(is_test=True)
    act = calls(till)[operation]
    natural = shape(act())
    for refusal in AT_THE_TILL:
        assert arm(till, operation, refusal.code).status == 201
        status = status_of(refusal)
        retryable, waits = refusal.kind is Kind.AWAY, status in (429, 503)
        assert shape(act()) == (status, refusal.code, retryable, waits, "application/problem+json")
    assert shape(act()) == natural


def test_every_operation_can_be_forced_and_no_other_is(here: Staffed):
    """A fault waits for its own operation; a list of redemptions is no look-up."""
    till = here.zhao.shop(is_test=True)
    acts = calls(till)
    natural = {name: act().body["code"] for name, act in acts.items()}
    for name in acts:
        assert arm(till, name, "unavailable").status == 201
        assert till.once(till.till.listing).status == 200
        told = {other: act().body["code"] for other, act in acts.items()}
        assert told == natural | {name: "unavailable"}


def test_a_fault_is_of_one_terminal_and_so_many_times(here: Staffed):
    """In the order in which they were armed; the next till never notices."""
    _, (till, other) = sandboxed(here.zhao, here.qian)
    armed = arm(till, "find", "overloaded", times=2)
    assert armed.body["fault_id"] and armed.body["times"] == 2 and armed.body["when"] == "before"
    assert arm(till, "find", "in_progress").status == 201
    assert other.find("O-1").body["code"] == "order_not_found"
    told = [till.find("O-1").body["code"] for _ in range(4)]
    assert told == ["overloaded", "overloaded", "in_progress", "order_not_found"]


def test_before_the_deed_nothing_is_done(here: Staffed):
    """The same key redeems afterwards, as something new."""
    batch, (till, _) = sandboxed(here.zhao, here.qian)
    someone = customer(till, (batch.batch_id, "usable"))
    arm(till, "redeem", "voucher_busy")
    redeem = partial(
        till.redeem,
        someone["code"],
        someone["voucher_ids"],
        f"B-{someone['customer_id']}",
        key="before-the-deed",
    )
    assert redeem().body["code"] == "voucher_busy"
    assert till.find(f"B-{someone['customer_id']}").body["code"] == "order_not_found"
    done = redeem()
    assert (done.status, done.replayed) == (201, False)


def test_after_the_deed_the_reply_is_lost(here: Staffed):
    """It was redeemed: the repetition says so, and that it had been done before."""
    batch, (till, _) = sandboxed(here.zhao, here.qian)
    someone = customer(till, (batch.batch_id, "usable"))
    arm(till, "redeem", "unavailable", times=2, when="after")
    order_no = f"A-{someone['customer_id']}"
    redeem = partial(till.redeem, someone["code"], someone["voucher_ids"], order_no, key="after-the-deed-1")
    assert [redeem().status for _ in range(2)] == [503, 503]
    assert till.find(order_no).body["state"] == "redeemed"
    again = redeem()
    assert (again.status, again.replayed, again.body["order_no"]) == (200, True, order_no)


@pytest.mark.parametrize("refusal", ["request_invalid", "forbidden", "threshold_not_met"])
def test_a_final_answer_never_stands_for_a_lost_reply(here: Staffed, refusal: str):
    """It would tell the till that nothing was done."""
    refused = arm(here.zhao.shop(is_test=True), "redeem", refusal, when="after")
    assert (refused.status, refused.body["errors"][0]["field"]) == (400, "when")


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "list"},
        {"code": "sold_out"},
        {"code": "no_such_code"},
        {"times": 0},
        {"times": 21},
        {"when": "never"},
    ],
    ids=str,
)
def test_what_cannot_be_a_fault_is_refused(here: Staffed, wrong: dict[str, Any]):
    """Operations, codes of the till's catalogue, one to twenty times."""
    fault = {"operation": "scan", "code": "overloaded", "times": 1, "when": "before", **wrong}
    refused = ask(here.zhao.shop(is_test=True), "faults", fault)
    assert (refused.status, refused.body["code"]) == (400, "request_invalid")
