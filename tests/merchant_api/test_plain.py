"""What the short check of a body lets in has the value that the schema gives it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.domain.goods import GOODS
from app.domain.money import MAX_FEN
from app.domain.refusals import Refused
from merchant_api import plain, schemas

FEN = st.one_of(
    st.integers(-1, 20_000), st.sampled_from([MAX_FEN, MAX_FEN + 1, 2**70, 1.0, 1.5, True, None, "100"])
)
WORD = st.one_of(
    st.sampled_from(
        ["", "vch_1", "vch_2", "O-1", "best", "voucher", "identity", "码", "a\n", "x" * 401, "a b"]
    ),
    st.text(max_size=5),
    st.sampled_from([None, 1, True, ["a"]]),
)
ITEMS: st.SearchStrategy[Any] = st.one_of(
    st.lists(
        st.fixed_dictionaries(
            {"goods": st.sampled_from([*list(GOODS)[:2], "?", 3]), "amount_fen": FEN},
            optional={"more": st.just(1)},
        ),
        max_size=3,
    ),
    st.sampled_from([None, {}, [1]]),
)
AMOUNTS = {"gross_fen": FEN, "merchant_discount_fen": FEN, "items": ITEMS}
IDS = st.one_of(WORD, st.lists(WORD, max_size=12))
SCANS = st.fixed_dictionaries(
    {"code": st.one_of(st.just("88112345678901234567"), WORD), "purpose": WORD},
    optional={
        "order": st.one_of(st.fixed_dictionaries({}, optional=AMOUNTS), st.just([])),
        "more": st.just(1),
    },
)
REDEMPTIONS = st.fixed_dictionaries(
    {"order_no": WORD, "gross_fen": FEN, "voucher_ids": IDS},
    optional={
        "scan_token": WORD,
        "code": WORD,
        "confirm_duplicate": st.sampled_from([True, False, 1, None]),
        "merchant_discount_fen": FEN,
        "items": ITEMS,
        "more": st.just(1),
    },
)
USUAL: dict[str, dict[str, Any]] = {
    "scan": {"code": "88112345678901234567", "purpose": "voucher", "order": {"gross_fen": 12_000}},
    "redemption": {
        "scan_token": "scn_1.0f",
        "voucher_ids": ["vch_1"],
        "order_no": "O-1",
        "gross_fen": 12_000,
        "merchant_discount_fen": 2_000,
        "items": [{"goods": next(iter(GOODS)), "amount_fen": 10_000}],
    },
}


def by_schema(schema: Any, body: Any) -> Any:
    """None where it is refused."""
    try:
        return schema.load(body)
    except (ValidationError, Refused):
        return None


def compare(check: Any, schema: Any, body: Any) -> bool:
    """Nothing is let in alone, and what is let in is the same; tells whether it was let in."""
    short = plain.parsed(json.dumps(body).encode())
    found = None if short is None else check(short)
    assert found is None or found == by_schema(schema, body)
    return found is not None


@settings(max_examples=300)
@given(SCANS)
def test_a_scan(body: Any):
    """Of any shape."""
    compare(plain.scan, schemas.ScanIn(), body)


@settings(max_examples=400)
@given(REDEMPTIONS)
def test_a_redemption(body: Any):
    """Of any shape."""
    compare(plain.redemption, schemas.RedemptionIn(), body)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("scan", {}),
        ("scan", {"purpose": "identity"}),
        ("redemption", {}),
        ("redemption", {"voucher_ids": "best"}),
        ("redemption", {"confirm_duplicate": True}),
    ],
)
def test_the_usual_one_is_let_in(name: str, changed: dict[str, Any]):
    """By the short way: else nobody would gain anything."""
    schema = {"scan": schemas.ScanIn(), "redemption": schemas.RedemptionIn()}[name]
    assert compare(getattr(plain, name), schema, USUAL[name] | changed)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"code": "\\ud800"}', b'{"a": NaN}', b"\xef\xbb\xbf{}", b"\xff"]
)
def test_what_is_no_plain_object_is_left_to_the_schema(content: bytes):
    """Also what other parsers of JSON would take."""
    assert plain.parsed(content) is None
