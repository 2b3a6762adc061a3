"""Two processes whose groups hold the same keys, batches and vouchers crosswise: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race
CROWD, TWINS = 12, 4
FINAL_WITHIN = 20
Act = Callable[[], Any]


def crossed(acts: Sequence[Act], seed: int) -> list[list[Any]]:
    """Every act `TWINS` times at the same moment, in a shuffled order; by act, what its twins were answered."""
    order = [n for n in range(len(acts)) for _ in range(TWINS)]
    Random(seed).shuffle(order)
    answers = all_at_once([acts[n] for n in order])
    return [[answer for m, answer in zip(order, answers, strict=True) if m == n] for n in range(len(acts))]


def final(act: Act, answers: list[Any]) -> Any:
    """The one final answer of a key: the same from all its twins and for ever after."""
    last = act()
    for _ in range(FINAL_WITHIN):
        if not last.body.get("retryable"):
            break
        last = act()
    told = [answer for answer in [*answers, last] if not answer.body.get("retryable")]
    assert {answer.status for answer in told} <= {200, 201} or {answer.status for answer in told} == {
        last.status
    }
    assert all(said(answer) == said(last) for answer in told), told
    assert [answer.status for answer in answers].count(201) <= 1, "a key has its effect once"
    return last


def said(answer: Any) -> dict[str, Any]:
    """The body without what differs from request to request."""
    return {name: value for name, value in answer.body.items() if name not in ("trace_id", "replayed")}


def gapless(here: Staffed, batch: Batch) -> list[int]:
    """The campaign's posting numbers."""
    numbers = here.town.rows(
        "SELECT posting_no FROM transfer WHERE campaign_id = :c AND posting_no IS NOT NULL ORDER BY posting_no",
        c=batch.campaign_id,
    )
    return [int(row["posting_no"]) for row in numbers]


def test_claims_with_crossed_keys_and_batches(here: Staffed):
    """Every citizen claims from both batches at once, each key four times: two vouchers each, one answer a key."""
    batches, crowd = [here.batch(), here.batch()], here.citizens(CROWD)
    acts = [
        partial(citizen.claim, batch.batch_id, f"crossed-claim-{n}-{m}")
        for n, citizen in enumerate(crowd)
        for m, batch in enumerate(batches[:: 1 if n % 2 else -1])
    ]
    told = [final(act, answers) for act, answers in zip(acts, crossed(acts, seed=1), strict=True)]
    assert {answer.status for answer in told} == {200}
    for batch in batches:
        assert here.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == CROWD
        assert here.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == CROWD
    here.town.audit()


def test_scans_and_redemptions_with_crossed_keys_batches_and_vouchers(here: Staffed):
    """Everybody's two vouchers, of two campaigns, at two tills in both orders, each key four times.

    One of the two orders wins, whole; the other is told the same refusal for ever. Numbers have no gap.
    """
    batches, crowd, shops = [here.batch(), here.batch()], here.citizens(CROWD), here.shops(2)
    pairs = [[citizen.holds(batch.batch_id) for batch in batches] for citizen in crowd]
    codes = [(shop, citizen.show()) for citizen in crowd for shop in shops]
    scans = [partial(shop.scan, code, key=f"crossed-scan-{n:04d}") for n, (shop, code) in enumerate(codes)]
    scanned = [final(act, answers) for act, answers in zip(scans, crossed(scans, seed=2), strict=True)]
    assert {answer.status for answer in scanned} == {200}
    tokens = iter([answer.body["scan_token"] for answer in scanned])
    orders = [
        partial(
            shop.redeem, next(tokens), pair[::turn], f"O-crossed-{n}-{turn}", key=f"crossed-order-{n}-{turn}"
        )
        for n, pair in enumerate(pairs)
        for shop, turn in zip(shops, (1, -1), strict=True)
    ]
    told = [final(act, answers) for act, answers in zip(orders, crossed(orders, seed=3), strict=True)]
    for one, other in zip(told[::2], told[1::2], strict=True):
        winner, loser = (one, other) if one.status == 200 else (other, one)
        assert (winner.status, loser.status, loser.body["code"]) == (200, 409, "voucher_used")
    for batch in batches:
        assert gapless(here, batch) == list(range(1, CROWD + 1))
        lines = "SELECT COUNT(*) FROM redemption_line WHERE batch_id = :b AND effective"
        assert here.town.one(lines, b=batch.batch_id) == CROWD
    accepted = "SELECT COUNT(*) FROM scan WHERE result = 'accepted' AND terminal_id IN (:one, :two)"
    ours = {"one": shops[0].terminal_id, "two": shops[1].terminal_id}
    assert here.town.one(accepted, **ours) == len(codes)
    here.town.audit()
