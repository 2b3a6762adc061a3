"""Which vouchers apply to an order, and what each pays: never below zero, and nothing gets lost."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.money import MAX_FEN
from app.domain.quote import Held, Order, judge, most_payable, settle_order
from app.domain.refusals import Refusal, Refused
from app.domain.terms import Place
from app.domain.voucher_state import Status

FROM, TO = 1_000_000, 2_000_000
HELD = Held(
    voucher_id="vch_1",
    campaign_id="cmp_1",
    batch_id="bat_1",
    status=Status.ISSUED,
    face_fen=2_000,
    threshold_fen=10_000,
    valid_from=FROM,
    valid_to=TO,
    is_test=False,
)
HERE = Place()
amounts = st.integers(1, MAX_FEN)


@st.composite
def purses(draw: st.DrawFn) -> list[Held]:
    """One to ten usable vouchers, as the lint lets them be: the threshold above the face."""
    faces = draw(st.lists(st.integers(1, 50_000), min_size=1, max_size=10))
    return [
        replace(HELD, voucher_id=f"vch_{n}", face_fen=face, threshold_fen=face + draw(st.integers(1, 50_000)))
        for n, face in enumerate(faces)
    ]


def why_not(held: Held, order: Order, at: int = FROM, is_test: bool = False) -> Refusal | None:
    """The reason alone."""
    return judge(held, order, at, Place(is_test=is_test)).reason


@pytest.mark.case(21)
@pytest.mark.parametrize(("gross", "discount"), [(0, 0), (-1, 0), (MAX_FEN + 1, 0), (5, -1), (5, 5), (5, 6)])
def test_case_21_a_senseless_amount_is_refused(gross: int, discount: int):
    """Nothing, less than nothing, more than the maximum, or a discount that leaves nothing to pay."""
    with pytest.raises(Refused) as refused:
        Order(gross, discount)
    assert refused.value.refusal is Refusal.AMOUNT_INVALID


@given(amounts, st.data())
def test_the_order_amount_is_gross_less_the_merchants_discount(gross: int, data: st.DataObject):
    """And always at least one fen."""
    discount = data.draw(st.integers(0, gross - 1))
    assert Order(gross, discount).order_fen == gross - discount >= 1


@pytest.mark.case(20)
def test_case_20_the_threshold_looks_at_the_order_amount():
    """Gross 12000, discount 3000: short of 1000; with discount 2000 it applies."""
    judged = judge(HELD, Order(12_000, 3_000), FROM, HERE)
    assert (judged.reason, judged.shortfall_fen) == (Refusal.THRESHOLD_NOT_MET, 1_000)
    assert why_not(HELD, Order(12_000, 2_000)) is None


@pytest.mark.case(21)
def test_case_21_the_threshold_itself_is_enough():
    """10000 applies, 9999 is one fen short."""
    assert why_not(HELD, Order(10_000)) is None
    assert judge(HELD, Order(9_999), FROM, HERE).shortfall_fen == 1


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (FROM - 1, Refusal.VOUCHER_NOT_YET_VALID),
        (FROM, None),
        (TO - 1, None),
        (TO, Refusal.VOUCHER_EXPIRED),
    ],
)
def test_validity_is_half_open(at: int, reason: Refusal | None):
    """The first millisecond counts, the last instant does not."""
    assert why_not(HELD, Order(10_000), at) is reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.REDEEMED, Refusal.VOUCHER_USED),
        (Status.EXPIRED, Refusal.VOUCHER_EXPIRED),
        (Status.REVOKED, Refusal.VOUCHER_REVOKED),
    ],
)
def test_only_an_unused_voucher_applies(status: Status, reason: Refusal):
    """Each other state has a reason of its own, and no shortfall to chase."""
    judged = judge(replace(HELD, status=status), Order(9_999), FROM, HERE)
    assert (judged.reason, judged.shortfall_fen) == (reason, None)


@pytest.mark.parametrize("is_test", [True, False])
def test_test_and_live_never_mix(is_test: bool):
    """A training till takes no real voucher, a real till no training voucher."""
    held = replace(HELD, is_test=is_test)
    assert why_not(held, Order(10_000), is_test=not is_test) is Refusal.TEST_AND_LIVE
    assert why_not(held, Order(10_000), is_test=is_test) is None


@given(purses(), st.integers(0, 100_000) | amounts)
def test_what_vouchers_and_customer_pay_is_the_order(purse: list[Held], more: int):
    """Used + pays = order, never below zero; each line within its face; the shares add up to the order."""
    least = max(*(held.threshold_fen for held in purse), sum(held.face_fen for held in purse[:-1]) + 1)
    gross = min(least + more, MAX_FEN)
    lines = settle_order(purse, Order(gross), FROM, HERE)
    assert [line.held for line in lines] == purse
    assert sum(line.used_fen for line in lines) == min(gross, sum(held.face_fen for held in purse))
    assert all(0 < line.used_fen <= line.held.face_fen for line in lines)
    assert all(line.used_fen + line.forfeited_fen == line.held.face_fen for line in lines)
    assert sum(line.order_share_fen for line in lines) == gross
    assert all(line.order_share_fen >= line.used_fen for line in lines)


@given(purses())
def test_a_voucher_for_which_nothing_is_left_refuses_all(purse: list[Held]):
    """The others pay the whole order already: nobody gives a voucher away for nothing."""
    paid = sum(held.face_fen for held in purse)
    late = replace(HELD, voucher_id="vch_late", threshold_fen=1)
    with pytest.raises(Refused) as refused:
        settle_order([*(replace(held, threshold_fen=1) for held in purse), late], Order(paid), FROM, HERE)
    assert refused.value.refusal is Refusal.NOTHING_LEFT
    assert refused.value.facts == {"voucher_id": "vch_late"}


@pytest.mark.case(24)
def test_case_24_what_the_order_cannot_use_is_forfeited():
    """5000 + 5000 on an order of 8000: the second pays 3000, forfeits 2000, and the customer pays nothing."""
    pair = [
        replace(HELD, voucher_id=name, face_fen=5_000, threshold_fen=5_001) for name in ("vch_1", "vch_2")
    ]
    lines = settle_order(pair, Order(8_000), FROM, HERE)
    assert [(line.used_fen, line.forfeited_fen) for line in lines] == [(5_000, 0), (3_000, 2_000)]
    assert [line.order_share_fen for line in lines] == [5_000, 3_000]


@given(purses(), amounts, st.data())
def test_one_voucher_that_does_not_apply_refuses_all(purse: list[Held], gross: int, data: st.DataObject):
    """All or none, and the refusal names the first that stands in the way."""
    at = data.draw(st.integers(0, len(purse) - 1))
    assume(gross > sum(held.face_fen for held in purse) + max(held.threshold_fen for held in purse))
    purse[at] = replace(purse[at], status=Status.REDEEMED)
    with pytest.raises(Refused) as refused:
        settle_order(purse, Order(gross), FROM, HERE)
    assert refused.value.refusal is Refusal.VOUCHER_USED
    assert refused.value.facts == {"voucher_id": purse[at].voucher_id}


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_voucher_never_pays_more_than_its_face_or_the_order(face: int, fen: int):
    """The smaller of the two."""
    order = Order(fen)
    judged = judge(replace(HELD, face_fen=face, threshold_fen=0), order, FROM, HERE)
    assert most_payable(order, [judged]) == min(face, fen)


@given(purses(), st.randoms())
def test_vouchers_are_applied_in_their_turn_however_the_till_names_them(purse: list[Held], random: Random):
    """What expires first comes first, then the smaller id: so the same vouchers always leave the same lines."""
    purse = [replace(held, threshold_fen=1, valid_to=TO + n // 2) for n, held in enumerate(purse)]
    order = Order(sum(held.face_fen for held in purse[:-1]) + 1)
    mixed = random.sample(purse, len(purse))
    assert settle_order(mixed, order, FROM, HERE) == settle_order(purse, order, FROM, HERE)


@pytest.mark.case(24)
@pytest.mark.case(20)
def test_no_voucher_lowers_what_another_one_looks_at():
    """Two thresholds of 10000 on an order of 10000: the first voucher does not take the second one's threshold away."""
    pair = [replace(HELD, voucher_id=name) for name in ("vch_1", "vch_2")]
    assert [line.used_fen for line in settle_order(pair, Order(10_000), FROM, HERE)] == [2_000, 2_000]


def test_a_voucher_that_is_held_for_another_order_applies_again_at_the_instant_the_hold_ends():
    """Nothing has to run: the instant alone decides."""
    held = replace(HELD, hold_until=FROM + 1_000)
    order = Order(12_000)
    before, after = (judge(held, order, at, HERE) for at in (FROM + 999, FROM + 1_000))
    assert (before.reason, set(before.facts)) == (Refusal.VOUCHER_HELD, {"hold_until"})
    assert after.reason is None
