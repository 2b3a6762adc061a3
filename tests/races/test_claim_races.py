"""Claims at the same moment: real parallel requests against running processes, on both databases."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race


@pytest.mark.case(11)
def test_case_11_fifty_vouchers_go_to_exactly_fifty_of_two_hundred(here: Staffed):
    """Exactly the stock is handed out: by the answers, and by a later read of the state."""
    batch = here.batch(stock=50)
    crowd = here.citizens(200)
    replies = all_at_once([partial(citizen.claim, batch.batch_id) for citizen in crowd])
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (201, None): 50,
        (409, "sold_out"): 150,
    }
    figures = here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (figures["claimed"], figures["available"]) == (50, 0)
    assert here.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :b", b=batch.batch_id) == 50
