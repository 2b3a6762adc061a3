"""The races: the same act many times at the same moment, one race for each breach."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.kit.bench import Bench
from tests.kit.people import Citizen, Organizer, open_batch
from tests.kit.reservations import reserve
from tests.kit.together import all_at_once, each
from tests.mutants import merchant_races, paper_races, settlement_races
from tests.mutants.cast import CROWD, Cast

TILLS = 50


def gather(bench: Bench) -> Cast:
    """Staff, tills, batches, people; the holder has one voucher for each till in a race and one paid order.

    Also as many of a campaign that may pay two of them a day.
    """
    zhao, qian = Organizer(bench, name="赵组织"), Organizer(bench, name="钱审核")
    scarce = open_batch(zhao, qian, stock=4)
    single = open_batch(zhao, qian, stock=100)
    plenty = open_batch(zhao, qian, stock=100, person_limit=20)
    two_a_day = open_batch(zhao, qian, campaign={"day_subsidy_fen": 4_000}, stock=100, person_limit=20)
    crowd = each(range(CROWD + 1), lambda _: Citizen(bench).sign_in())
    each(crowd, Citizen.apply)
    holder = crowd.pop()
    store = zhao.store(zhao.shop().merchant_id)
    tills = each(range(TILLS), lambda _: zhao.another_till(store))
    vouchers = each(range(CROWD + 1), lambda _: holder.holds(plenty.batch_id))
    capped = each(range(CROWD), lambda _: holder.holds(two_a_day.batch_id))
    receipt = tills[0].redeem(holder.show(), [vouchers.pop()], "O-PAID", gross_fen=11_999)
    assert receipt.status == 201, receipt.body
    bench.keep()
    return Cast(bench, zhao, qian, crowd, holder, tills, scarce, single, plenty, capped, vouchers, "O-PAID")


def claims_of_a_crowd(cast: Cast) -> list[Any]:
    """Ten citizens, four vouchers."""
    return all_at_once([partial(citizen.claim, cast.scarce.batch_id) for citizen in cast.crowd])


def claims_of_one_person(cast: Cast) -> list[Any]:
    """One citizen, ten keys, one voucher a person."""
    return all_at_once([partial(cast.crowd[0].claim, cast.single.batch_id)] * CROWD)


def claims_with_one_key(cast: Cast) -> list[Any]:
    """One citizen, one key ten times, where twenty vouchers a person are allowed."""
    claim = partial(cast.crowd[0].claim, cast.plenty.batch_id, "the-one-and-only-key")
    return all_at_once([claim] * CROWD)


def scans_of_one_code(cast: Cast) -> list[Any]:
    """One code at ten tills."""
    code = cast.holder.show()
    return all_at_once([partial(till.scan, code) for till in cast.tills[:CROWD]])


def redemptions_with_one_scan(cast: Cast) -> list[Any]:
    """One scan at its till, ten orders, each with its own voucher."""
    till = cast.tills[0]
    (token,) = cast.tokens([till])
    acts = [
        partial(till.redeem, token, [voucher], gross_fen=12_000 + n)
        for n, voucher in enumerate(cast.vouchers[:CROWD])
    ]
    return all_at_once(acts)


def redemptions_of_one_voucher(cast: Cast) -> list[Any]:
    """One voucher, ten tills, each with its own scan and order."""
    tills = cast.tills[:CROWD]
    pairs = zip(tills, cast.tokens(tills), strict=True)
    acts = [
        partial(till.redeem, token, cast.vouchers[:1], gross_fen=12_000 + n)
        for n, (till, token) in enumerate(pairs)
    ]
    return all_at_once(acts)


def redemptions_of_a_held_voucher(cast: Cast) -> list[Any]:
    """One till reserved it; then ten others want it for orders of their own."""
    reserved = reserve(cast.tills[CROWD], cast.holder.show(), cast.vouchers[:1])
    assert reserved.status == 201, reserved.body
    return redemptions_of_one_voucher(cast)


def reservations_of_one_voucher(cast: Cast) -> list[Any]:
    """One voucher, ten tills, each with its own scan and order."""
    tills = cast.tills[:CROWD]
    pairs = zip(tills, cast.tokens(tills), strict=True)
    return all_at_once([partial(reserve, till, token, cast.vouchers[:1]) for till, token in pairs])


def redemptions_above_a_cap(cast: Cast) -> list[Any]:
    """Ten vouchers, tills, scans and orders; the campaign may pay two of them today."""
    tills = cast.tills[:CROWD]
    proofs = zip(tills, cast.tokens(tills), cast.capped, strict=True)
    acts = [
        partial(till.redeem, token, [voucher], gross_fen=12_000 + n)
        for n, (till, token, voucher) in enumerate(proofs)
    ]
    return all_at_once(acts)


def redemptions_of_one_order(cast: Cast, order_no: str = "O-TWICE") -> list[Any]:
    """One order number, ten tills of its merchant, each with its own scan and voucher."""
    tills = cast.tills[:CROWD]
    proofs = zip(tills, cast.tokens(tills), cast.vouchers, strict=True)
    acts = [
        partial(till.redeem, token, [voucher], order_no, 12_000 + n)
        for n, (till, token, voucher) in enumerate(proofs)
    ]
    return all_at_once(acts)


def redemptions_of_a_reversed_order(cast: Cast) -> list[Any]:
    """The reversal came first; then ten tills send the redemption it cancels."""
    first = cast.tills[0].reverse("O-CANCELLED")
    assert first.status == 201, first.body
    return redemptions_of_one_order(cast, "O-CANCELLED")


def reversals_of_one_order(cast: Cast) -> list[Any]:
    """One paid order, reversed ten times with ten keys."""
    return all_at_once([partial(cast.tills[0].reverse, cast.paid_order)] * CROWD)


def refunds_of_one_order(cast: Cast) -> list[Any]:
    """One paid order of 11,999, of which ten times 5,000 are asked back with ten keys."""
    return all_at_once([partial(cast.tills[0].reverse, cast.paid_order, refund_fen=5_000)] * CROWD)


def approvals_of_one_return(cast: Cast) -> list[Any]:
    """The money of a closed campaign, asked for once, let go ten times: decisions are 200s."""
    campaign = f"/campaigns/{cast.plenty.campaign_id}"
    cast.zhao.post(f"{campaign}/close", {}, expect=200)
    asked = cast.zhao.post(f"{campaign}/treasury-returns", {}, expect=201)
    path = f"/organizer/v1/treasury-returns/{asked['return_id']}/approvals"
    return all_at_once([partial(cast.qian.door.post, path, {})] * CROWD)


RACES: dict[str, Callable[[Cast], list[Any]]] = {
    "oversold": claims_of_a_crowd,
    "person limit passed": claims_of_one_person,
    "two vouchers for one key": claims_with_one_key,
    "code accepted twice": scans_of_one_code,
    "scan pays two orders": redemptions_with_one_scan,
    "voucher redeemed twice": redemptions_of_one_voucher,
    "held voucher redeemed": redemptions_of_a_held_voucher,
    "voucher held twice": reservations_of_one_voucher,
    "cap of the day passed": redemptions_above_a_cap,
    "order redeemed twice": redemptions_of_one_order,
    "redeemed after its reversal": redemptions_of_a_reversed_order,
    "reversed twice": reversals_of_one_order,
    "refunded too much": refunds_of_one_order,
    "returned to the treasury twice": approvals_of_one_return,
    **merchant_races.RACES,
    **paper_races.RACES,
    **settlement_races.RACES,
}
EFFECTS = {
    "oversold": 4,
    "person limit passed": 1,
    "two vouchers for one key": 1,
    "code accepted twice": 1,
    "scan pays two orders": 1,
    "voucher redeemed twice": 1,
    "held voucher redeemed": 0,
    "voucher held twice": 1,
    "cap of the day passed": 2,
    "order redeemed twice": 1,
    "redeemed after its reversal": 0,
    "reversed twice": 1,
    "refunded too much": 2,
    "returned to the treasury twice": 0,
    **merchant_races.EFFECTS,
    **paper_races.EFFECTS,
    **settlement_races.EFFECTS,
}
