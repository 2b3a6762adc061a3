"""Reservations at the same moment as whatever else wants their vouchers, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.people import Batch, Citizen, Shop
from tests.kit.reservations import capture, release, reserve
from tests.kit.together import all_at_once, each

pytestmark = pytest.mark.race
TAKEN = {"voucher_used", "voucher_held", "voucher_busy"}


def effective(here: Staffed, batch: Batch) -> list[str]:
    """The vouchers of this batch that an effective redemption used, each as often as it was."""
    rows = here.town.rows(
        "SELECT voucher_id FROM redemption_line WHERE batch_id = :b AND effective", b=batch.batch_id
    )
    return [str(row["voucher_id"]) for row in rows]


def reserved(
    here: Staffed, batch: Batch, shop: Shop, count: int, hold_s: int
) -> list[tuple[Citizen, str, str]]:
    """So many people reserve at this till: for each the voucher and the order."""
    crowd = here.citizens(count)
    held = [(citizen, citizen.holds(batch.batch_id), f"O-held-{n}") for n, citizen in enumerate(crowd)]
    for citizen, voucher, order in held:
        assert reserve(shop, citizen.show(), [voucher], order, hold_s=hold_s).status == 201
    return held


def test_a_capture_and_the_end_of_its_hold_have_one_outcome(here: Staffed):
    """At the very end of the hold another shop wants the voucher: it is redeemed for one order, or still free."""
    batch, shop, other = here.batch(), here.shop(), here.shop()
    held = reserved(here, batch, shop, 12, hold_s=60)
    tokens = [other.scan(citizen.show()).body["scan_token"] for citizen, _, _ in held]
    ends = shop.find("O-held-0").body["reservation"]["hold_until"]
    left = round(datetime.fromisoformat(ends).timestamp() * 1000) - here.town.now()
    here.town.advance(left - 100)
    acts = [partial(capture, shop, order) for _, _, order in held]
    acts += [partial(other.redeem, token, [held[n][1]]) for n, token in enumerate(tokens)]
    answers = all_at_once(acts)
    captured, elsewhere = answers[:12], answers[12:]
    told = {answer.body.get("code") for answer in captured}
    assert told <= {None, "reservation_expired", "voucher_busy"}, told
    assert {answer.body.get("code") for answer in elsewhere} <= {None, *TAKEN}
    for mine, theirs, (_, voucher, order) in zip(captured, elsewhere, held, strict=True):
        assert (mine.status == 201) + (theirs.status == 201) == effective(here, batch).count(voucher) <= 1
        assert (shop.find(order).body["state"] == "redeemed") == (mine.status == 201)


def test_a_capture_and_a_release_have_one_outcome(here: Staffed):
    """Whoever comes second is told by a code what the first did."""
    batch, shop = here.batch(), here.shop()
    held = reserved(here, batch, shop, 12, hold_s=600)
    acts = [
        act for _, _, order in held for act in (partial(capture, shop, order), partial(release, shop, order))
    ]
    answers = all_at_once(acts)
    outcomes = Counter(
        (paid.body.get("code"), given.body.get("code"))
        for paid, given in zip(answers[::2], answers[1::2], strict=True)
    )
    assert set(outcomes) <= {(None, "order_exists"), ("reservation_released", None)}
    assert len(effective(here, batch)) == outcomes[None, "order_exists"]


def test_one_voucher_at_twenty_tills_is_reserved_or_redeemed_once(here: Staffed):
    """Ten want to hold it, ten to redeem it, each for an order of its own: one of the twenty gets it."""
    batch, citizen, shops = here.batch(), here.citizen(), here.shops(20)
    voucher = citizen.holds(batch.batch_id)
    codes = each(shops, lambda _: citizen.show())
    acts = [
        partial(reserve, shop, code, [voucher]) if n % 2 else partial(shop.redeem, code, [voucher])
        for n, (shop, code) in enumerate(zip(shops, codes, strict=True))
    ]
    answers = all_at_once(acts)
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 19}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= TAKEN
    redeemed = [answer.body["state"] for answer in answers if answer.status == 201] == ["redeemed"]
    assert effective(here, batch) == [voucher] * redeemed


def test_a_hundred_reservations_past_their_hold_free_their_vouchers(here: Staffed):
    """Nothing runs and nobody releases: the clock alone; then each is redeemed for another order."""
    batch, shop, other = here.batch(person_limit=10), here.shop(), here.shop()
    crowd = here.citizens(10)
    held = [(citizen, citizen.holds(batch.batch_id)) for citizen in crowd for _ in range(10)]
    for citizen, voucher in held:
        assert reserve(shop, citizen.show(), [voucher], hold_s=1_800).status == 201
    wanted = [(citizen.show(), voucher) for citizen, voucher in held[::10]]
    assert {other.redeem(code, [voucher]).body["code"] for code, voucher in wanted} == {"voucher_held"}
    here.town.advance(1_800_000)
    for n, (citizen, voucher) in enumerate(held):
        assert other.redeem(citizen.show(), [voucher], gross_fen=12_000 + n).status == 201
    assert sorted(effective(here, batch)) == sorted(voucher for _, voucher in held)
    assert here.town.one("SELECT COUNT(*) FROM reservation WHERE merchant_id = :m", m=shop.merchant_id) == 100
