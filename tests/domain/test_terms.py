"""What a voucher takes off, and for which goods, when and where it may be redeemed."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.instants import weekday_and_minute
from app.domain.money import MAX_FEN
from app.domain.quote import Held, Judged, Order, judge, most_payable, settle_order
from app.domain.refusals import Refusal, Refused
from app.domain.terms import Kind, Place, Terms, lint_terms
from app.domain.voucher_state import Status

HERE = Place(category="餐饮", area="菱湖街道")
HELD = Held(
    voucher_id="vch_1",
    campaign_id="cmp_1",
    batch_id="bat_1",
    status=Status.ISSUED,
    face_fen=2_000,
    threshold_fen=10_000,
    valid_from=0,
    valid_to=2**50,
    is_test=False,
)
CASH = replace(HELD, threshold_fen=0, terms=Terms(kind=Kind.CASH))
A_FIFTH_OFF = replace(HELD, threshold_fen=0, face_fen=5_000, terms=Terms(kind=Kind.PERCENT, off_bp=2_000))
NO_TOBACCO = replace(HELD, terms=Terms(goods_out=("tobacco",)))


def moment(text: str) -> int:
    """Epoch ms of a Shanghai wall clock."""
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


FRIDAY_NOON = moment("2026-11-27T12:00:00")


def judged(held: Held, order: Order, at: int = FRIDAY_NOON, place: Place = HERE) -> Judged:
    """Here, on Friday at noon."""
    return judge(held, order, at, place)


def basket(**goods: int) -> Order:
    """An order of these goods."""
    return Order(sum(goods.values()), 0, tuple(goods.items()))


def used(held: Held, order: Order) -> int:
    """What it pays alone."""
    (line,) = settle_order([held], order, FRIDAY_NOON, HERE)
    return line.used_fen


@pytest.mark.parametrize(
    ("order_fen", "discount"), [(10_000, 2_000), (9_999, 1_999), (25_000, 5_000), (25_005, 5_000), (5, 1)]
)
def test_a_percentage_is_rounded_down_to_the_fen_and_ends_at_its_cap(order_fen: int, discount: int):
    """20 % off, at most 5000: a fifth of 9999 is 1999.8, and the budget keeps the part of a fen."""
    assert used(A_FIFTH_OFF, Order(order_fen)) == discount


@given(st.integers(1, 9_999), st.integers(1, MAX_FEN), st.integers(1, MAX_FEN))
def test_a_percentage_never_passes_its_cap_or_its_part(off_bp: int, face: int, eligible: int):
    """The largest whole number of fen that is neither more than the part nor more than the cap."""
    worth = Terms(kind=Kind.PERCENT, off_bp=off_bp).worth_fen(face, eligible)
    assert worth == face or worth * 10_000 <= eligible * off_bp < (worth + 1) * 10_000
    assert worth <= face


def test_a_percentage_of_next_to_nothing_does_not_apply():
    """A fifth of 4 fen is less than a fen."""
    assert judged(A_FIFTH_OFF, Order(4)).reason is Refusal.NOTHING_LEFT


def test_what_a_percentage_leaves_of_its_cap_is_not_forfeited():
    """2000 off 10000 with a cap of 5000: nothing that the customer could have used is lost."""
    (line,) = settle_order([A_FIFTH_OFF], Order(10_000), FRIDAY_NOON, HERE)
    assert (line.used_fen, line.forfeited_fen) == (2_000, 0)


@pytest.mark.case(24)
def test_case_24_a_cash_voucher_pays_the_whole_order_and_forfeits_the_rest():
    """Face 2000 on an order of 1500: used 1500, forfeited 500."""
    (line,) = settle_order([CASH], Order(1_500), FRIDAY_NOON, HERE)
    assert (line.used_fen, line.forfeited_fen) == (1_500, 500)


@pytest.mark.case(22)
def test_case_22_the_threshold_is_measured_on_what_may_be_paid():
    """Eligible 5000 and tobacco for 8000: 5000 short of 10000."""
    short = judged(NO_TOBACCO, basket(dining=5_000, tobacco=8_000))
    assert (short.reason, short.shortfall_fen) == (Refusal.THRESHOLD_NOT_MET, 5_000)
    assert judged(NO_TOBACCO, basket(dining=12_000, tobacco=8_000)).eligible_fen == 12_000


@pytest.mark.case(22)
def test_case_22_excluded_goods_are_never_paid_for():
    """A cash voucher of 2000 on 500 of groceries beside tobacco: 500, and the rest is forfeited."""
    cash = replace(CASH, terms=replace(CASH.terms, goods_out=("tobacco", "alcohol")))
    order = basket(groceries=300, tobacco=8_000, dining=200)
    (line,) = settle_order([cash], order, FRIDAY_NOON, HERE)
    assert (line.used_fen, line.forfeited_fen, line.judged.eligible_fen) == (500, 1_500, 500)
    assert judged(cash, basket(tobacco=8_000)).reason is Refusal.NOTHING_LEFT


@pytest.mark.case(22)
def test_case_22_a_percentage_is_of_the_eligible_goods():
    """A fifth of the 12000, not of the 20000."""
    held = replace(A_FIFTH_OFF, terms=replace(A_FIFTH_OFF.terms, goods_in=("dining",)))
    assert used(held, basket(dining=12_000, tobacco=8_000)) == 2_400


def test_a_voucher_for_certain_goods_needs_the_basket():
    """Nobody guesses what an order is made of; a voucher for everything does not ask."""
    needs = judged(replace(HELD, terms=Terms(goods_in=("dining",))), Order(12_000))
    assert needs.reason is Refusal.BASKET_NEEDED
    assert judged(NO_TOBACCO, Order(12_000)).reason is Refusal.BASKET_NEEDED
    assert judged(HELD, basket(dining=6_000, tobacco=6_000)).reason is None


GOODS = ("dining", "books", "tobacco")


@given(
    st.lists(st.tuples(st.sets(st.sampled_from(GOODS), min_size=1), st.integers(1, 12)), max_size=6),
    st.tuples(*[st.integers(0, 10)] * 3).filter(any),
)
def test_together_vouchers_pay_as_much_as_goods_and_faces_allow(vouchers: Any, costs: Any):
    """As much as any way of laying them on the goods fen by fen; never more of any goods than they cost."""
    order = basket(**dict(zip(GOODS, costs, strict=True)))
    held = [
        replace(
            CASH, voucher_id=f"vch_{n}", face_fen=face, terms=Terms(kind=Kind.CASH, goods_in=tuple(goods))
        )
        for n, (goods, face) in enumerate(vouchers)
    ]
    assert most_payable(order, [judged(each, order) for each in held]) == laid_on(vouchers, order)


def laid_on(vouchers: Any, order: Order) -> int:
    """Fen by fen, each on the first free goods; where they are taken, whoever has them may move over."""
    owner: dict[tuple[str, int], int] = {}

    def place(voucher: int, seen: set[tuple[str, int]]) -> bool:
        for kind in vouchers[voucher][0]:
            for fen in range(order.goods[kind]):
                unit = (kind, fen)
                if unit in seen:
                    continue
                seen.add(unit)
                if unit not in owner or place(owner[unit], seen):
                    owner[unit] = voucher
                    return True
        return False

    return sum(place(n, set()) for n, (_, face) in enumerate(vouchers) for _ in range(face))


@pytest.mark.parametrize(
    ("items", "field"),
    [((("dining", 11_999),), "items"), ((("dining", 6_000), ("tobacco", 6_001)), "items")],
)
@pytest.mark.case(21)
def test_case_21_items_that_are_not_the_order_are_refused(items: Any, field: str):
    """Their sum is what is payable, to the fen; the refusal names the field."""
    with pytest.raises(Refused) as refused:
        Order(13_000, 1_000, items)
    assert refused.value.refusal is Refusal.AMOUNT_INVALID
    assert refused.value.facts["errors"][0]["field"] == field
    assert refused.value.facts["order_fen"] == 12_000


@pytest.mark.case(25)
@pytest.mark.parametrize(
    ("terms", "reason", "facts"),
    [
        (Terms(merchants=3), Refusal.WRONG_MERCHANT, {"merchants": 3}),
        (Terms(categories=("零售", "住宿")), Refusal.WRONG_CATEGORY, {"categories": ["零售", "住宿"]}),
        (Terms(areas=("孝肃路街道",)), Refusal.WRONG_AREA, {"areas": ["孝肃路街道"]}),
        (Terms(weekdays=(6, 7)), Refusal.WRONG_HOURS, {"weekdays": [6, 7]}),
        (
            Terms(hours=((0, 660), (1_020, 1_440))),
            Refusal.WRONG_HOURS,
            {"hours": [{"from": "00:00", "to": "11:00"}, {"from": "17:00", "to": "24:00"}]},
        ),
    ],
)
def test_case_25_each_wrong_place_and_hour_has_a_reason_and_says_what_is_right(
    terms: Terms, reason: Refusal, facts: dict[str, Any]
):
    """Another merchant, category, area, day, hour."""
    found = judged(replace(HELD, terms=terms), Order(12_000))
    assert (found.reason, found.facts) == (reason, facts)


def test_what_is_named_is_right():
    """The merchant, its category, the store's area, the day and the hour."""
    terms = Terms(merchants=1, categories=("餐饮",), areas=("菱湖街道",), weekdays=(5,), hours=((720, 721),))
    held = replace(HELD, terms=terms, is_merchant_named=True)
    assert judged(held, Order(12_000)).reason is None


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-27T10:59:59.999", False),
        ("2026-11-27T11:00:00", True),
        ("2026-11-27T13:59:59.999", True),
        ("2026-11-27T14:00:00", False),
        ("2026-11-27T22:00:00", True),
        ("2026-11-27T23:59:59.999", True),
        ("2026-11-28T00:00:00", False),
        ("2026-11-28T12:00:00", False),
    ],
)
def test_hours_are_half_open_and_of_the_shanghai_day(at: str, is_open: bool):
    """Fridays 11 to 14 and 22 to 24; Saturday begins at midnight in Shanghai, not in Greenwich."""
    terms = Terms(weekdays=(5,), hours=((660, 840), (1_320, 1_440)))
    assert (terms.why_not_now(moment(at)) is None) == is_open


@given(st.integers(0, 4_102_444_800))
def test_weekday_and_minute_are_those_of_the_wall_clock(second: int):
    """As the calendar has them."""
    wall = datetime.fromtimestamp(second, timezone(timedelta(hours=8)))
    assert weekday_and_minute(second * 1000) == (wall.isoweekday(), wall.hour * 60 + wall.minute)


@pytest.mark.case(8)
@pytest.mark.parametrize(
    ("terms", "merchant_ids", "fault"),
    [
        (Terms(kind=Kind.PERCENT), None, ("off_bp", "percent_unclear")),
        (Terms(off_bp=1_000), None, ("off_bp", "percent_unclear")),
        (Terms(areas=()), None, ("areas", "list_empty")),
        (Terms(hours=()), None, ("hours", "list_empty")),
        (Terms(), [], ("merchant_ids", "list_empty")),
        (Terms(goods_in=("dining",), goods_out=("tobacco",)), None, ("goods_out", "goods_unclear")),
        (Terms(hours=((600, 720), (840, 840))), None, ("hours", "end_before_start")),
        (Terms(exclusive_group="a", per_order=2), None, ("per_order", "stacking_unclear")),
    ],
)
def test_case_08_each_fault_of_the_terms_is_one_entry(terms: Terms, merchant_ids: Any, fault: Any):
    """One mistake, one entry, with its field and both sentences."""
    (found,) = lint_terms(terms, merchant_ids, "batches[1].")
    assert (found.field, found.code) == (f"batches[1].{fault[0]}", fault[1])
    assert found.zh and found.en


def test_faultless_terms_have_no_faults():
    """Every term at once."""
    terms = Terms(
        kind=Kind.PERCENT,
        off_bp=2_000,
        goods_out=("tobacco",),
        weekdays=(6, 7),
        hours=((660, 840),),
        areas=("菱湖街道",),
        categories=("餐饮",),
        merchants=1,
        exclusive_group="2026",
        per_order=1,
    )
    assert lint_terms(terms, ["mer_1"]) == lint_terms(Terms(), None) == []
