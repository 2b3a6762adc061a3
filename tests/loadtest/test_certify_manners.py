"""Facts about what no till may do, whatever the case."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.certify.manners import faults
from loadtest.certify.proxy import Exchange

BUSY: dict[str, Any] = {"status": 503, "said": {"code": "unavailable", "retryable": True}}
DONE: dict[str, Any] = {"status": 201, "said": {"state": "redeemed"}}


def sent(number: int, what: str = "POST redemptions", **other: Any) -> Exchange:
    """One attempt of a call, half a second after the one before, answered at once."""
    method, _, path = what.partition(" ")
    given = {"key": "k-1", "body": b"{}", "signature": f"s{number}", "answered_at": number / 2, **other}
    return Exchange(number, number / 2, method, f"/merchant/v1/{path}", **given)


def test_a_till_that_repeats_until_the_answer_is_final():
    assert (
        faults([sent(1), sent(2, **BUSY), sent(3, status=409, said={"code": "in_progress"}), sent(4, **DONE)])
        == []
    )


def test_reads_and_quotes_have_no_key():
    assert faults([sent(1, "GET redemptions?order_no=1", key=""), sent(2, "POST quotes", key="")]) == []


def test_two_calls_of_one_act_have_two_keys():
    lost = sent(1, "GET redemptions?order_no=O-1", key="", **DONE)
    assert faults([lost, sent(2, "POST redemptions/O-1/reversals", key="k-2", **DONE)]) == []


@pytest.mark.parametrize(
    ("attempts", "word"),
    [
        ([sent(1), sent(2, key="k-2", **DONE)], "took a fresh key"),
        ([sent(1, key="", **DONE)], "Idempotency-Key is missing"),
        ([sent(1), sent(2, body=b"{ }", **DONE)], "another body under the same key"),
        ([sent(1), sent(2, signature="s1", **DONE)], "the old signature"),
        ([sent(1, status=409, said={"code": "voucher_used"}), sent(2, **DONE)], "after a final answer (409)"),
        ([sent(1, **BUSY, retry_after_s=1.0), sent(2, **DONE)], "came back after 0.50 s"),
    ],
)
def test_what_a_till_may_not_do(attempts: list[Exchange], word: str):
    (fault,) = faults(attempts)
    assert word in fault
