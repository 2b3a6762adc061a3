"""What a merchant sees of a citizen's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.names import mask_name


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("张三丰", "张*"),
        ("张三", "张*"),
        ("欧阳修", "欧阳*"),
        ("诸葛孔明", "诸葛*"),
        ("司馬光", "司馬*"),
        ("上官婉儿", "上官*"),
        ("阿依古丽·买买提", "阿*"),
        ("𠀀三", "𠀀*"),
        ("Anna", "A*"),
        ("", "*"),
    ],
)
def test_a_name_shows_only_its_surname(name: str, mask: str):
    """One star, whatever the length."""
    assert mask_name(name) == mask


def test_a_two_character_name_that_looks_like_a_compound_surname_is_not_shown_whole():
    """欧阳 may be Mr Ou."""
    assert mask_name("欧阳") == "欧*"


@given(st.text(min_size=2))
def test_a_mask_never_holds_the_whole_name(name: str):
    """At least one character is always hidden."""
    assert len(mask_name(name)) - 1 < len(name)
