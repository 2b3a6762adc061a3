"""Identity data: many ways to type it, one way to keep it. Every number here is made up or the standard's."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from app.ankang.identity import (
    BadIdentity,
    BadIdNumber,
    BadName,
    BadPhone,
    normalise_id_number,
    normalise_name,
    normalise_phone,
)

STANDARD = "11010519491231002X"
"""The example of GB 11643."""


def with_check(body: str) -> str:
    """17 digits and their check character."""
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize(
    "typed",
    [
        STANDARD,
        "11010519491231002x",
        " 110105 19491231 002X\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５　１９４９１２３１　００２ｘ",
        "110105491231002",
    ],
)
def test_one_id_number_however_it_is_typed(typed: str):
    """So that one person is one person."""
    assert normalise_id_number(typed) == STANDARD


@given(st.text())
def test_any_other_text_is_refused_by_name(text: str):
    """Never another exception."""
    for normalise in (normalise_id_number, normalise_phone, normalise_name):
        with suppress(BadIdentity):
            assert normalise(text)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "110105194912310021",  # check character
        "11010519491231002",  # 17
        "11010519491231002XX",
        "1101051949123100X2",
        with_check("11010519490231002"),  # 31 February
        with_check("99999919491231002"),  # no such area
        with_check("11019919491231002"),  # province yes, area no
        "110105490231002",  # 31 February, old form
        "٣" * 18,
        "11010519491231002X; DROP",
    ],
)
def test_a_number_that_cannot_be_is_refused(typed: str):
    """Length, characters, check character, date and area."""
    with pytest.raises(BadIdNumber):
        normalise_id_number(typed)


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(place: int, shift: int):
    """The promise of MOD 11-2."""
    wrong = str((int(STANDARD[place]) + shift) % 10)
    with pytest.raises(BadIdNumber):
        normalise_id_number(STANDARD[:place] + wrong + STANDARD[place + 1 :])


@pytest.mark.parametrize("body", ["61240119600101123", "61090219950101123", "44030319600101001"])
def test_a_person_may_be_older_than_the_area_of_the_first_registration(body: str):
    """安康市 was 612401 from 1988 to 2000, its 汉滨区 is 610902 since: people born before live there too."""
    assert not ric.is_valid(with_check(body))
    assert normalise_id_number(with_check(body)) == with_check(body)


@pytest.mark.parametrize(
    ("normalise", "typed", "error"),
    [
        (normalise_id_number, "110105194912310021", BadIdNumber),
        (normalise_phone, "2380013800", BadPhone),
        (normalise_name, "张三丰1", BadName),
    ],
)
def test_a_refusal_does_not_repeat_what_was_typed(normalise, typed: str, error: type[BadIdentity]):
    """Neither in the message nor in a chained cause."""
    with pytest.raises(error) as refusal:
        normalise(typed)
    assert typed not in f"{refusal.value!r} {refusal.value.__cause__!r} {refusal.value.__context__!r}"


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 138 0013 8000",
        "+86-13800138000",
        "008613800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
    ],
)
def test_one_phone_however_it_is_typed(typed: str):
    """Eleven digits."""
    assert normalise_phone(typed) == "13800138000"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12800138000",
        "1380013800",
        "138001380000",
        "02988888888",
        "+852 61234567",
        "1380013800a",
        "١" * 11,
    ],
)
def test_a_number_that_is_no_mobile_is_refused(typed: str):
    """Landlines and foreign numbers cannot take the code."""
    with pytest.raises(BadPhone):
        normalise_phone(typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 张三丰 ", "张三丰"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("𠀀三", "𠀀三"),
        ("张\U00031350", "张\U00031350"),
        ("Ａｎｎａ", "Anna"),
        ("张" * 30, "张" * 30),
    ],
)
def test_one_name_however_it_is_typed(typed: str, name: str):
    """Rare ideographs included, newer than Python's tables or not."""
    assert normalise_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "·",
        "·张",
        "张··三",
        "张3",
        "张\x00三",
        "张\n三",
        "张\u200b三",
        "<b>",
        "张" * 31,
        "张\u202e三",
    ],
)
def test_what_is_no_name_is_refused(typed: str):
    """Digits, controls, invisible characters, markup, and anything too long."""
    with pytest.raises(BadName):
        normalise_name(typed)
