"""The lock spares the database double scans: counted by the write transactions that requests opened."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.kit.servers import wait_for
from tests.kit.together import all_at_once
from tests.mutants.cast import Cast
from tests.mutants.fences import HASTE, LOCK
from tests.mutants.swaps import HELD_ORDER

pytestmark = pytest.mark.race


@contextmanager
def held_open(cast: Cast, token: str) -> Iterator[list[Any]]:
    """While the block runs, a redemption of the first voucher is in the middle of its transaction."""
    answers: list[Any] = []
    act = partial(cast.tills[0].redeem, token, cast.vouchers[:1], HELD_ORDER)
    thread = threading.Thread(target=lambda: answers.append(act()))
    thread.start()
    try:
        wait_for("the open redemption", cast.bench.post_box("inside").exists)
        yield answers
    finally:
        cast.bench.post_box("go-on").touch()
        thread.join()


def writes(cast: Cast, since: int) -> list[int]:
    """How many SQL write transactions each redemption request opened, by the web server's request lines."""
    lines = cast.bench.requests_logged()[since:]
    return [line["sql_writes"] for line in lines if line["route"] == "/merchant/v1/redemptions"]


def test_while_a_redemption_is_open_fifty_others_are_busy_without_a_write(cast: Cast):
    """50 terminals on the voucher that is being redeemed: `voucher_busy`, no SQL write transaction among them."""
    cast.bench.without(HASTE.name)
    tokens = cast.tokens([cast.tills[0], *cast.tills])
    proofs = list(zip(cast.tills, tokens[1:], strict=True))
    with held_open(cast, tokens[0]) as held:
        since = len(cast.bench.requests_logged())
        answers = all_at_once([partial(till.redeem, token, cast.vouchers[:1]) for till, token in proofs])
        assert Counter((answer.status, answer.body["code"]) for answer in answers) == {
            (409, "voucher_busy"): 50
        }
        assert writes(cast, since) == [0] * 50
    assert [answer.status for answer in held] == [201]
    till, token = proofs[0]
    assert till.redeem(token, cast.vouchers[:1]).body["code"] == "voucher_used"
    assert cast.bench.broken_promises() == set()


def test_with_a_no_op_lock_the_count_fails_while_the_books_stay_right(cast: Cast):
    """The same with a lock that stops nobody: they all reach SQL, and SQL still lets exactly one redeem."""
    cast.bench.without(HASTE.name, LOCK.name)
    tokens = cast.tokens([cast.tills[0], *cast.tills])
    proofs = list(zip(cast.tills, tokens[1:], strict=True))
    since = len(cast.bench.requests_logged())
    with held_open(cast, tokens[0]) as held:
        crowd = threading.Thread(
            target=lambda: answers.extend(
                all_at_once([partial(till.redeem, token, cast.vouchers[:1]) for till, token in proofs])
            )
        )
        answers: list[Any] = []
        crowd.start()
        passed = cast.bench.post_box("passed")
        wait_for("ten others past the lock", lambda: len(passed.read_text().splitlines()) > 10)
    crowd.join()
    assert [answer.status for answer in [*held, *answers] if answer.status == 201] == [201]
    assert len(answers) == 50
    assert sum(writes(cast, since)) > 10
    assert cast.bench.broken_promises() == set()


def test_two_vouchers_are_locked_both_or_neither(cast: Cast):
    """Who cannot have both gets none: the free one of the two is not held back from anybody."""
    cast.bench.without(HASTE.name)
    first, second, third = cast.tills[:3]
    tokens = cast.tokens([first, second, third])
    busy, free = cast.vouchers[:2]
    with held_open(cast, tokens[0]):
        answer = second.redeem(tokens[1], [busy, free], gross_fen=30_000)
        assert answer.body["code"] == "voucher_busy"
        locks = cast.bench.locks()
        assert [name for name in locks if name.endswith(busy)] and len(locks) == 1
    assert third.redeem(tokens[2], [free], gross_fen=13_000).status == 201
    assert cast.bench.locks() == []
