"""Base45 by the examples of RFC 9285, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import base45

EXAMPLES = [
    (b"AB", "BB8"),
    (b"Hello!!", "%69 VD92EX0"),
    (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), EXAMPLES)
def test_the_examples_of_the_rfc(data: bytes, text: str):
    """Sections 4.3 and 4.4."""
    assert base45.encode(data) == text and base45.decode(text) == data


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "bb8", "::", "安康码"])
def test_what_no_bytes_make_is_refused(text: str):
    """Above 65,535 or 255, a letter too many, a letter of another alphabet."""
    with pytest.raises(ValueError, match="no base45"):
        base45.decode(text)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_there_and_back_and_even_parts_may_be_put_together(first: bytes, second: bytes):
    """A phone appends its proof to the text of a credential, which is an even number of bytes."""
    assert base45.decode(base45.encode(first)) == first
    even = first * 2
    assert base45.encode(even) + base45.encode(second) == base45.encode(even + second)
