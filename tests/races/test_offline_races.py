"""Uploads at the same moment: the same intents, the same allowance, the same code."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.phones import Phone, allowance_of, intent, results, upload
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race


def phones(here: Staffed, count: int, face_fen: int = 2_000) -> list[Phone]:
    """Each with a voucher of its own."""
    batch = here.batch(face_fen=face_fen, threshold_fen=face_fen + 1)
    return [Phone(citizen, citizen.holds(batch.batch_id)) for citizen in here.citizens(count)]


def test_the_same_batch_ten_times_at_once_is_redeemed_once(here: Staffed):
    """Ten keys of the batch, one key of each intent: four redemptions, the allowance counts four."""
    crowd, shop, at = phones(here, 4), here.shop(), here.town.now()
    allowance_id = allowance_of(shop)["allowance_id"]
    taken = [intent(allowance_id, phone, at) for phone in crowd]
    orders = (taken, list(reversed(taken)))
    answers = all_at_once([partial(upload, shop, orders[n % 2], f"offline-race-{at}-{n}") for n in range(10)])
    final = [answer for answer in answers if answer.status == 200]
    assert final and all(results(answer) == ["redeemed"] * 4 for answer in final)
    assert {answer.body.get("retryable", True) for answer in answers} == {True}
    assert results(upload(shop, taken)) == ["redeemed"] * 4
    used = "SELECT used_count * 100000000 + used_fen FROM offline_allowance WHERE id = :id"
    assert here.town.one(used, id=allowance_id) == 400_008_000
    counted = "SELECT COUNT(*) FROM redemption WHERE terminal_id = :t"
    assert here.town.one(counted, t=shop.terminal_id) == 4


def test_ten_uploads_at_once_never_pass_the_allowance(here: Staffed):
    """CNY 500.00 by face, ten vouchers of CNY 100.00 in ten batches: five."""
    crowd, shop, at = phones(here, 10, face_fen=10_000), here.shop(), here.town.now()
    allowance_id = allowance_of(shop)["allowance_id"]
    answers = all_at_once([partial(upload, shop, [intent(allowance_id, phone, at)]) for phone in crowd])
    assert Counter(result for answer in answers for result in results(answer)) == {
        "redeemed": 5,
        "over_allowance": 5,
    }


def test_ten_tills_that_took_one_code_upload_at_once(here: Staffed):
    """One redemption, nine conflicts."""
    (phone,), shops, at = phones(here, 1), here.shops(10), here.town.now()
    taken = [intent(allowance_of(shop)["allowance_id"], phone, at) for shop in shops]
    tries = [partial(upload, shop, [each]) for shop, each in zip(shops, taken, strict=True)]
    all_at_once(tries)
    told = [results(upload(shop, [each]))[0] for shop, each in zip(shops, taken, strict=True)]
    assert Counter(told) == {"redeemed": 1, "offline_conflict": 9}


def test_ten_requests_for_an_allowance_at_once_get_one(here: Staffed):
    """One a terminal and day."""
    shop = here.shop()
    given = all_at_once([partial(allowance_of, shop)] * 10)
    assert len({allowance["allowance_id"] for allowance in given}) == 1
