"""Limits of a campaign beside the batch's own: per person, per person and day, face value per day."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, approve, iso
from tests.kit.together import all_at_once

pytestmark = pytest.mark.race
DAY_MS = 86_400_000
FACE_FEN = 2_000


def campaign(here: Staffed, batches: int = 1, **limits: int) -> list[Batch]:
    """An open campaign whose batches can be claimed for three days, ten vouchers a person each."""
    campaign_id = here.zhao.draft(**limits)
    made = []
    for _ in range(batches):
        terms = here.zhao.batch_terms(
            stock=100, face_fen=FACE_FEN, person_limit=10, claim_to=iso(here.town.now() + 3 * DAY_MS)
        )
        batch_id = here.zhao.post(f"/campaigns/{campaign_id}/batches", terms, expect=201)["batch_id"]
        made.append(Batch(batch_id, campaign_id, terms["face_fen"], terms["threshold_fen"]))
    approve(here.zhao, here.qian, campaign_id)
    here.town.advance(61_000)
    return made


def test_a_person_limit_of_the_campaign_holds_over_all_its_batches(here: Staffed):
    """Three vouchers a person: twenty claims at once over two batches give three; the rest uses up nothing."""
    first, second = campaign(here, batches=2, person_limit=3)
    citizen = here.citizen()
    claims = [partial(citizen.claim, batch.batch_id) for batch in (first, second) for _ in range(10)]
    replies = Counter((reply.status, reply.code) for reply in all_at_once(claims))
    assert replies == {(201, None): 3, (409, "person_limit"): 17}
    assert len(citizen.vouchers()) == 3
    assert here.citizen().claim(second.batch_id).status == 201


def test_a_daily_limit_ends_at_midnight(here: Staffed):
    """Two a day: ten claims at once give two today; tomorrow the refused key itself gets one."""
    (batch,) = campaign(here, person_day_limit=2)
    citizen = here.citizen()
    claims = [partial(citizen.claim, batch.batch_id, f"daily-{n}-0000") for n in range(10)]
    replies = all_at_once(claims)
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (201, None): 2,
        (409, "person_day_limit"): 8,
    }
    late = next(n for n, reply in enumerate(replies) if reply.status == 409)
    here.town.advance(DAY_MS)
    citizen.claim(batch.batch_id, f"daily-{late}-0000", expect=201)
    assert len(citizen.vouchers()) == 3


def test_a_daily_budget_is_given_out_to_the_fen_and_never_above(here: Staffed):
    """Face value for five vouchers a day: a crowd of twelve gets five; the next day there is budget again."""
    (batch,) = campaign(here, daily_budget_fen=5 * FACE_FEN + FACE_FEN - 1)
    crowd = here.citizens(12)
    replies = Counter(
        (reply.status, reply.code)
        for reply in all_at_once([partial(citizen.claim, batch.batch_id) for citizen in crowd])
    )
    assert replies == {(201, None): 5, (409, "daily_budget_exhausted"): 7}
    here.town.advance(DAY_MS)
    hopeful = next(citizen for citizen in crowd if not citizen.vouchers())
    hopeful.claim(batch.batch_id, expect=201)
