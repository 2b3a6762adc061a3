"""The `AK1:` code taken apart, and what is judged of an intent without SQL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import base45, offline
from app.domain.offline import Credential, Hours, needs_network, read, signed_text, why_not
from app.domain.refusals import Refusal
from app.domain.terms import Kind, Terms

T = 1_800_000_000_000
HOUR = 3_600_000
VOUCHER = "vch_" + "0" * 26
MADE = Credential(3, "012345678", bytes(range(32)), T, T + 24 * HOUR, VOUCHER, 2_000, 10_000)
HOURS = Hours(T, T + 24 * HOUR, T + 48 * HOUR)
ISSUER, PHONE = b"i" * 64, b"p" * 64


def code_at(second: int) -> str:
    """The code of this credential as a phone writes it."""
    proof = second.to_bytes(4, "big") + PHONE
    return offline.PREFIX + signed_text(MADE.packed(), ISSUER) + base45.encode(proof)


def test_a_code_is_read_as_it_was_written():
    """All of the credential, the instant, and exactly the bytes that each signature is under."""
    found = read(code_at(T // 1000))
    assert found is not None and (found.credential, found.shown_at) == (MADE, T)
    assert (found.issuer_signature, found.phone_signature) == (ISSUER, PHONE)
    assert found.signed_by_issuer == offline.CREDENTIAL + MADE.packed()
    second = (T // 1000).to_bytes(4, "big")
    assert found.signed_by_phone == offline.PROOF + MADE.packed() + ISSUER + second


def test_a_code_fits_a_symbol_that_phones_show_well():
    """322 letters of the QR alphabet: version 11 at level M holds 366 (61 by 61 modules)."""
    assert len(code_at(T // 1000)) == 322


@given(st.text(max_size=400) | st.binary(max_size=260).map(lambda data: "AK1:" + base45.encode(data)))
def test_no_text_is_too_odd_to_be_read(text: str):
    """Anything is a code or None, never an error."""
    assert read(text) is None or len(text) >= len(offline.PREFIX)


@pytest.mark.parametrize("text", ["", "AK1:", "AK0:" + "0" * 318, "AK1:" + "0" * 318, code_at(1)[4:]])
def test_what_is_no_code_of_this_version_is_none(text: str):
    """Another prefix, another length, another version, or none."""
    assert read(text) is None


@pytest.mark.parametrize(
    ("voucher_id", "taken_at", "shown_at", "at", "expected"),
    [
        (VOUCHER, T, T, T + 1, None),
        (VOUCHER, T + 24 * HOUR - 1, T + 24 * HOUR - 1000, T + 48 * HOUR - 1, None),
        (VOUCHER, T + 120_000, T, T + HOUR, None),
        (VOUCHER, T + 120_001, T, T + HOUR, Refusal.CODE_EXPIRED),
        ("vch_other", T, T, T + 1, Refusal.OFFLINE_TAMPERED),
        (VOUCHER, T, T, T + 48 * HOUR, Refusal.OFFLINE_LATE),
        (VOUCHER, T - 120_000, T, T + 1, None),
        (VOUCHER, T - 120_001, T, T + 1, Refusal.OFFLINE_HOURS),
        (VOUCHER, T + 24 * HOUR, T, T + 25 * HOUR, Refusal.OFFLINE_HOURS),
        (VOUCHER, T + HOUR, T + HOUR, T + HOUR - 120_001, Refusal.OFFLINE_HOURS),
    ],
)
def test_what_speaks_against_an_intent(
    voucher_id: str, taken_at: int, shown_at: int, at: int, expected: Refusal | None
):
    """Hours are half-open and begin two minutes early, for slow clocks; a code is fresh as long; no future ones."""
    found = read(code_at(shown_at // 1000))
    assert found is not None
    assert why_not(found, voucher_id, HOURS, taken_at, at) is expected


def test_a_credential_is_not_good_outside_its_own_time():
    """Though the allowance would let the intent through."""
    found = read(code_at(T // 1000))
    assert found is not None
    later = replace(found, credential=replace(MADE, valid_from=T + 120_001))
    assert why_not(later, VOUCHER, HOURS, T, T + 1) is Refusal.CODE_EXPIRED


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (Terms(), False),
        (Terms(Kind.CASH), False),
        (Terms(exclusive_group="a", per_order=1), False),
        (Terms(Kind.PERCENT, off_bp=2_000), True),
        (Terms(goods_in=("dining",)), True),
        (Terms(goods_out=("tobacco",)), True),
        (Terms(hours=((600, 840),)), True),
        (Terms(weekdays=(6, 7)), True),
        (Terms(areas=("菱湖街道",)), True),
        (Terms(categories=("餐饮",)), True),
        (Terms(merchants=3), True),
    ],
)
def test_only_what_face_and_threshold_tell_all_of_goes_without_a_network(terms: Terms, expected: bool):
    """A till knows nothing else of a voucher."""
    assert needs_network(terms, 2_000, 10_000) is expected


def test_an_amount_that_does_not_fit_a_credential_needs_the_network():
    """Four bytes of fen."""
    assert needs_network(Terms(), 2_000, 2**32) is True
