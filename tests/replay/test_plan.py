"""Facts about the replay's generator."""

from collections import Counter
from itertools import pairwise

import pytest
from stdnum.cn import ric

from loadtest.replay import figures
from loadtest.replay.names import check_character
from loadtest.replay.plan import CLAIM_SLIPS, SLIPS, Plan, PlanError, make_plan, merchant_of, round_down

PARAMETERS = [
    (16055, 570000000, 1),
    (1203, 41234567, 7),
    (60, 2000000, 1),
    (61, 6100, 2),
    (20, 20_000_001, 3),
]


@pytest.fixture(params=PARAMETERS, ids=str, scope="module")
def plan(request) -> Plan:
    return make_plan(*request.param)


def kept(plan: Plan) -> list:
    return [order for order in plan.orders() if not order.undone]


def test_the_orders_that_stay_add_up_to_both_figures_exactly(plan):
    assert sum(len(order.batches) for order in kept(plan)) == plan.vouchers
    assert sum(order.order_fen for order in kept(plan)) == plan.direct_fen


def test_every_order_meets_its_thresholds_and_is_worth_more_than_its_vouchers(plan):
    for order in plan.orders():
        assert order.order_fen >= sum(plan.batches[position].threshold_fen for position in order.batches)
        assert plan.used_fen(order) < order.order_fen
        assert order.discount_fen >= 0


def test_some_orders_are_exactly_at_their_threshold():
    plan = make_plan(1203, 41234567, 7)
    exact = [order for order in kept(plan) if order.order_fen == plan.batches[order.batches[0]].threshold_fen]
    assert exact


def test_no_voucher_pays_two_orders_that_stay(plan):
    used = Counter((order.person, position) for order in kept(plan) for position in order.batches)
    assert set(used.values()) == {1}


def test_an_order_that_will_be_undone_comes_before_the_one_that_uses_the_voucher_again(plan):
    for person in plan.people:
        for earlier, later in pairwise(person.orders):
            assert earlier.undone or not later.undone


def test_the_stock_is_one_voucher_of_each_batch_for_everybody_who_comes_in_time(plan):
    in_time = [person for person in plan.people if not person.late]
    assert {batch.stock for batch in plan.batches} == {len(in_time)}
    assert sum(batch.stock for batch in plan.batches) > plan.vouchers, "some stay unused"


def test_pairs_reversals_latecomers_and_every_slip_occur(plan):
    assert any(len(order.batches) == 2 for order in kept(plan))
    assert sum(order.undone for order in plan.orders()) >= 2
    assert any(person.late and not person.orders for person in plan.people)
    assert {order.slip for order in plan.orders()} >= set(SLIPS)
    assert {person.claim_slip for person in plan.people} >= set(CLAIM_SLIPS)


def test_order_numbers_are_unique_and_every_till_exists(plan):
    numbers = [order.number for order in plan.orders()]
    assert len(set(numbers)) == len(numbers)
    assert {order.till for order in plan.orders()} <= set(range(plan.tills))


def test_people_are_different_persons_with_valid_numbers(plan):
    whos = [person.who for person in plan.people]
    assert len({who.id_number for who in whos}) == len({who.phone for who in whos}) == len(whos)
    assert all(ric.is_valid(who.id_number) for who in whos[:200])


def test_the_check_character_is_that_of_gb_11643():
    assert check_character("11010519491231002") == "X"


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_one():
    assert make_plan(60, 2000000, 1) == make_plan(60, 2000000, 1)
    assert make_plan(60, 2000000, 1) != make_plan(60, 2000000, 2)


def test_thresholds_have_one_leading_digit():
    assert [round_down(fen) for fen in (21301, 9, 10, 99, 100)] == [20000, 9, 10, 90, 100]


@pytest.mark.parametrize(("vouchers", "direct_fen"), [(19, 570000), (60, 5999), (60, 60 * 100_000_00 + 1)])
def test_figures_that_leave_no_room_are_refused(vouchers, direct_fen):
    with pytest.raises(PlanError):
        make_plan(vouchers, direct_fen, 1)


def test_the_figures_of_the_batches_add_up_to_those_of_the_campaign(plan):
    batches = figures.of_batches(plan)
    assert sum(batch.verified for batch in batches) == plan.vouchers
    assert sum(batch.direct_fen for batch in batches) == plan.direct_fen
    assert sum(batch.reversed for batch in batches) == sum(order.undone for order in plan.orders())


def test_the_merchants_lines_add_up_to_the_subsidy(plan):
    lines = figures.of_merchants(plan)
    net = sum((line.redeemed_fen - line.reversed_fen) * count for line, count in lines.items())
    assert net == sum(batch.subsidy_fen for batch in figures.of_batches(plan))
    assert lines.total() == len({merchant_of(order.till) for order in plan.orders()})


def test_an_order_paid_by_both_batches_is_split_by_subsidy_to_the_fen():
    plan = make_plan(61, 6100, 2)
    for order in kept(plan):
        if len(order.batches) == 2:
            shares = [figures.share_of_batch(plan, order, position) for position in order.batches]
            assert sum(shares) == order.order_fen
            assert abs(shares[0] * 2 - shares[1]) <= 2, "the second batch's face is twice the first's"
