"""Credit codes and bank accounts in one spelling; what cannot be right is refused without being repeated."""

from __future__ import annotations

import pytest

from app.merchants.numbers import BadNumber, masked, normalise_account_number, normalise_credit_code
from tests.kit.merchants import credit_code


@pytest.mark.parametrize(
    "typed", ["91110000600037341L", "91110000600037341l", " 9111 0000-6000 37341L", "９１110000600037341L"]
)
def test_spellings_of_a_credit_code_end_alike(typed: str):
    """Spaces, hyphens, small letters, full-width digits."""
    assert normalise_credit_code(typed) == "91110000600037341L"


@pytest.mark.parametrize(
    "typed", ["", "91110000600037341", "91110000600037342L", "9111000060003734IL", "9" * 18]
)
def test_a_credit_code_that_cannot_be_right_is_refused(typed: str):
    """Length, alphabet (no I, O, S, V, Z), check character."""
    with pytest.raises(BadNumber) as refused:
        normalise_credit_code(typed)
    assert not typed or typed not in str(refused.value)


def test_made_up_credit_codes_are_valid():
    """What the other tests apply with."""
    assert len({normalise_credit_code(credit_code(serial)) for serial in range(50)}) == 50


@pytest.mark.parametrize(
    "typed", ["6228480012345678901", "6228 4800 1234 5678 901", "6228-4800-1234-5678-901"]
)
def test_spellings_of_an_account_end_alike(typed: str):
    """Its last four digits are what is shown of it."""
    assert masked(normalise_account_number(typed)) == "****8901"


@pytest.mark.parametrize("typed", ["", "1234567", "1" * 31, "62284800abc", "6228.4800.12"])
def test_an_account_that_cannot_be_right_is_refused(typed: str):
    """8 to 30 digits."""
    with pytest.raises(BadNumber):
        normalise_account_number(typed)
