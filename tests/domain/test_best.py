"""Which vouchers may pay one order together, and which of them take most off: compared with every combination."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.best import MOST_STEPS, Best, best, best_of
from app.domain.quote import MOST_TOGETHER, Held, Order, judge, settle_order
from app.domain.refusals import Refusal, Refused
from app.domain.terms import Kind, Place, Terms
from app.domain.voucher_state import Status

HERE = Place()
SOON, LATE = 1_000, 2_000


def held(
    number: int, face_fen: int, valid_to: int = LATE, batch: str | None = None, terms: Terms | None = None
) -> Held:
    """A cash voucher of a batch of its own, unless one is given."""
    return Held(
        voucher_id=f"vch_{number:03d}",
        campaign_id="cmp_1",
        batch_id=batch or f"bat_{number}",
        status=Status.ISSUED,
        face_fen=face_fen,
        threshold_fen=0,
        valid_from=0,
        valid_to=valid_to,
        is_test=False,
        terms=terms or Terms(kind=Kind.CASH),
    )


def found(vouchers: list[Held], order: Order) -> Best:
    """The best of them."""
    return best([judge(each, order, 1, HERE) for each in vouchers], order)


def numbers(of: Best) -> list[int]:
    """Which vouchers it takes."""
    return [int(each.held.voucher_id[4:]) for each in of.chosen]


@st.composite
def wallets(draw: st.DrawFn) -> list[Held]:
    """Up to seven vouchers of up to five batches: small faces and few ends, so that much is equal."""
    terms = st.builds(
        Terms,
        kind=st.just(Kind.CASH),
        goods_in=st.sampled_from([None, None, ("dining",), ("dining", "books")]),
        exclusive_group=st.sampled_from([None, None, "a", "b"]),
        per_order=st.sampled_from([None, 1, 2]),
    )
    batches = draw(st.lists(st.tuples(st.integers(1, 12), terms), min_size=1, max_size=5))
    vouchers = draw(
        st.lists(
            st.tuples(st.integers(0, len(batches) - 1), st.sampled_from([SOON, LATE, LATE + 1])), max_size=7
        )
    )
    return [held(n, batches[b][0], end, f"bat_{b}", batches[b][1]) for n, (b, end) in enumerate(vouchers)]


def every_combination(wallet: list[Held], order: Order) -> list[tuple[int, list[int], int, list[str]]]:
    """All that may pay this order, the best first: most off, soonest end, fewest, smaller ids."""
    possible: list[tuple[int, list[int], int, list[str]]] = [(0, [], 0, [])]
    in_turn = sorted(wallet, key=lambda each: each.turn)
    for count in range(1, len(wallet) + 1):
        for chosen in combinations(in_turn, count):
            try:
                lines = settle_order(chosen, order, 1, HERE)
            except Refused:
                continue
            ends, ids = [each.valid_to for each in chosen], [each.voucher_id for each in chosen]
            possible.append((-sum(line.used_fen for line in lines), ends, count, ids))
    return sorted(possible)


@given(wallets(), st.tuples(*[st.integers(0, 12)] * 3).filter(any))
def test_no_combination_is_better_than_the_best(wallet: list[Held], costs: tuple[int, int, int]):
    """Of all that may pay the order this is the one, also where several take off the same."""
    order = Order(sum(costs), 0, tuple(zip(("dining", "books", "tobacco"), costs, strict=True)))
    taken = found(wallet, order)
    ends = [each.held.valid_to for each in taken.chosen]
    ids = [each.held.voucher_id for each in taken.chosen]
    ours = (-taken.discount_fen, ends, len(ids), ids)
    assert ours == every_combination(wallet, order)[0]
    assert taken.is_proven


def test_what_takes_most_off_is_taken():
    """3000 alone is less than 2000 and 2500 together, which an exclusive group keeps apart."""
    wallet = [held(1, 3_000), held(2, 2_000), held(3, 2_500)]
    assert numbers(found(wallet, Order(10_000))) == [1, 2, 3]
    group = Terms(kind=Kind.CASH, exclusive_group="2026")
    apart = [held(n, face, terms=group) for n, face in ((1, 3_000), (2, 2_000))]
    assert numbers(found([*apart, held(3, 500)], Order(10_000))) == [1, 3]


def test_of_equals_the_soonest_then_the_fewest_then_the_smallest_id():
    """Each rule where the one before does not decide."""
    order = Order(2_000)
    assert numbers(found([held(1, 2_000, LATE), held(2, 2_000, SOON)], order)) == [2]
    assert numbers(found([held(1, 1_000), held(2, 1_000), held(3, 2_000)], order)) == [3]
    assert numbers(found([held(2, 2_000), held(1, 2_000)], order)) == [1]


def test_one_of_a_batch_may_pay_behind_another_batch_where_its_twin_would_leave_that_nothing():
    """The first of two alike pays all that the other batch's could; the second, behind it, what is left."""
    wide, narrow = (Terms(kind=Kind.CASH, goods_in=("dining", "books"), exclusive_group=g) for g in "ab")
    wallet = [
        held(1, 12, SOON, "bat_wide", wide),
        held(2, 6, SOON, terms=narrow),
        held(3, 12, SOON, "bat_wide", wide),
        held(4, 2, LATE),
    ]
    order = Order(10, 0, (("dining", 7), ("books", 2), ("tobacco", 1)))
    assert numbers(found(wallet, order)) == [2, 3, 4]


def test_no_voucher_is_given_away_for_nothing():
    """The order is paid already: the others stay in the wallet."""
    assert numbers(found([held(n, 1_000) for n in range(5)], Order(2_000))) == [0, 1]


def test_more_than_ten_vouchers_never_pay_one_order():
    """The ten largest of twelve."""
    taken = found([held(n, 100 + n) for n in range(12)], Order(10_000))
    assert numbers(taken) == list(range(2, 12)) and len(taken.chosen) == MOST_TOGETHER
    assert taken.is_proven


def test_nothing_applies_to_nothing():
    """An empty combination in a quote, a refusal in a redemption."""
    order = Order(10_000)
    assert found([], order) == Best([], 0, is_proven=True)
    short = [held(1, 2_000, valid_to=0)]
    assert found(short, order).chosen == []
    with pytest.raises(Refused) as refused:
        best_of(short, order, 1, HERE)
    assert refused.value.refusal is Refusal.NONE_APPLIES


@pytest.mark.parametrize("order_fen", [2_000, 20_000, 10_000_000])
def test_a_full_wallet_takes_bounded_work_and_is_never_worse_than_the_greedy_choice(order_fen: int):
    """A hundred vouchers for overlapping goods: what the ten largest of one kind take off, or more."""
    kinds = [("dining",), ("dining", "books"), ("books", "other"), ("other",)]
    wallet = [
        held(n, 1_000 + 37 * n % 1_013, LATE + n % 3, terms=Terms(kind=Kind.CASH, goods_in=kinds[n % 4]))
        for n in range(100)
    ]
    third = order_fen // 3
    order = Order(3 * third, 0, (("dining", third), ("books", third), ("other", third)))
    taken = found(wallet, order)
    largest = sorted(
        (each for each in wallet if each.terms.goods_in == ("dining",)), key=lambda v: -v.face_fen
    )
    assert taken.discount_fen >= min(third, sum(each.face_fen for each in largest[:MOST_TOGETHER]))
    assert MOST_STEPS <= 2_000
    settle_order([each.held for each in taken.chosen], order, 1, HERE)


@pytest.mark.case(23)
def test_case_23_two_of_an_exclusive_group_are_a_conflict():
    """Also from two campaigns; which group it is stands beside the reason."""
    group = Terms(kind=Kind.CASH, exclusive_group="2026年迎新")
    pair = [held(1, 1_000, terms=group), held(2, 1_000, terms=group)]
    with pytest.raises(Refused) as refused:
        settle_order(pair, Order(10_000), 1, HERE)
    assert refused.value.refusal is Refusal.STACKING_CONFLICT
    assert refused.value.facts == {"voucher_id": "vch_002", "exclusive_group": "2026年迎新"}


@pytest.mark.case(23)
def test_case_23_an_order_takes_so_many_of_a_batch_and_no_more():
    """Two of three where two are allowed; a voucher of another batch does not count."""
    two = Terms(kind=Kind.CASH, per_order=2)
    same = [held(n, 1_000, batch="bat_same", terms=two) for n in (1, 2, 3)]
    assert len(settle_order([*same[:2], held(4, 1_000)], Order(10_000), 1, HERE)) == 3
    with pytest.raises(Refused) as refused:
        settle_order(same, Order(10_000), 1, HERE)
    assert refused.value.refusal is Refusal.STACKING_CONFLICT
    assert refused.value.facts == {"voucher_id": "vch_003", "per_order": 2}
