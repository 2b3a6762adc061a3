"""The terms of a voucher as one plain sentence in two languages."""

import pytest

from app.domain.rule import rule_of
from app.domain.terms import Kind, Terms


@pytest.mark.parametrize(
    ("terms", "face", "threshold", "zh", "en"),
    [
        (Terms(), 2_000, 10_000, "满100元减20元。", "CNY 20 off on orders of CNY 100 or more."),
        (
            Terms(kind=Kind.PERCENT, off_bp=1_500, per_order=1),
            5_000,
            0,
            "打8.5折，最多减50元，每单限用1张。",
            "15 % off up to CNY 50, at most 1 an order.",
        ),
        (
            Terms(kind=Kind.CASH, goods_out=("tobacco", "alcohol")),
            1_240,
            2_000,
            "满20元抵12.40元，不找零，不含烟草、酒类。",
            "Pays up to CNY 12.40 on orders of CNY 20 or more, no change given, not for tobacco or alcohol.",
        ),
        (
            Terms(goods_in=("dining",), weekdays=(5, 6), hours=((660, 840), (1_020, 1_440))),
            2_000,
            10_000,
            "满100元减20元，限餐饮，限周五、周六11:00–14:00、17:00–24:00。",
            "CNY 20 off on orders of CNY 100 or more, for dining only, Fri, Sat 11:00–14:00, 17:00–24:00 only.",
        ),
        (
            Terms(areas=("菱湖街道",), categories=("餐饮", "住宿"), merchants=3, exclusive_group="迎新"),
            2_000,
            10_000,
            "满100元减20元，限菱湖街道的餐饮、住宿类商户的指定3家商户，不与其他“迎新”券同用。",
            "CNY 20 off on orders of CNY 100 or more, in 菱湖街道 at merchants of 餐饮 or 住宿 at 3 named merchants,"
            " not with another voucher of “迎新”.",
        ),
    ],
)
def test_the_rule_is_one_sentence(terms: Terms, face: int, threshold: int, zh: str, en: str):
    """What comes off, for what, when, where, with what."""
    assert rule_of(terms, face, threshold) == (zh, en)
