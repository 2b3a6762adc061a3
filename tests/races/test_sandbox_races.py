"""The sandbox under many requests at once."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.sandbox import arm, customer, sandboxed
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race


def test_a_fault_armed_three_times_meets_three_of_twelve_requests(here: Staffed):
    """Twelve at the same moment, and whoever comes later gets none."""
    till = here.zhao.shop(is_test=True)
    for _ in range(3):
        arm(till, "find", "unavailable", times=3)
        told = Counter(answer.body["code"] for answer in all_at_once([partial(till.find, "O-NONE")] * 12))
        assert told == {"unavailable": 3, "order_not_found": 9}
        assert till.find("O-NONE").body["code"] == "order_not_found"
    taken = "SELECT SUM(taken) FROM sandbox_fault WHERE terminal_id = :t"
    assert here.town.one(taken, t=till.terminal_id) == 9


def test_two_faults_at_once_are_both_given_in_full(here: Staffed):
    """Who is too late for the first takes of the second."""
    till = here.zhao.shop(is_test=True)
    for refusal in ("unavailable", "in_progress"):
        arm(till, "find", refusal, times=3)
    told = Counter(answer.body["code"] for answer in all_at_once([partial(till.find, "O-NONE")] * 12))
    assert told == {"unavailable": 3, "in_progress": 3, "order_not_found": 6}


def test_ten_customers_at_once_share_two_batches(here: Staffed):
    """In either order of the batches: everybody is made, and the stock is right."""
    first, tills = sandboxed(here.zhao, here.qian)
    second, _ = sandboxed(here.zhao, here.qian)
    pair = [(first.batch_id, "usable"), (second.batch_id, "used")]
    acts = [partial(customer, tills[n % 2], *(pair if n % 3 else reversed(pair))) for n in range(10)]
    assert len({made["customer_id"] for made in all_at_once(acts)}) == 10
    claimed = "SELECT SUM(claimed) FROM batch WHERE id IN (:a, :b)"
    assert here.town.one(claimed, a=first.batch_id, b=second.batch_id) == 20
