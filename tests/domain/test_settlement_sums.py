"""Sums of a settlement batch and the hash that freezes them."""

import hashlib
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.domain.settlement import MerchantLine, fingerprint

LINES = [MerchantLine("mer_a", 3, 1, 6_000, 2_000), MerchantLine("mer_b", 0, 2, 0, 4_000)]
counts = st.integers(0, 10**6)
fen = st.integers(0, 10**12)
lines = st.lists(
    st.builds(MerchantLine, st.uuids().map(str), counts, counts, fen, fen),
    max_size=8,
    unique_by=lambda line: line.merchant_id,
)


def test_the_net_is_what_was_redeemed_less_what_was_taken_back():
    """It may be negative: a refund after settlement is carried to the next batch."""
    assert [line.net_fen for line in LINES] == [4_000, -4_000]


def test_the_hash_is_stable_for_ever():
    """A frozen batch must still verify in ten years, so what is hashed is written down here."""
    content = (
        '["cmp_1",0,6,['
        '{"merchant_id":"mer_a","redeemed_count":3,"redeemed_fen":6000,"reversed_count":1,"reversed_fen":2000},'
        '{"merchant_id":"mer_b","redeemed_count":0,"redeemed_fen":0,"reversed_count":2,"reversed_fen":4000}]]'
    )
    assert fingerprint("cmp_1", 0, 6, LINES) == hashlib.sha256(content.encode()).hexdigest()


@given(lines, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(some: list[MerchantLine], chance: Random):
    """Equal content, equal hash, however the database returned it."""
    shuffled = list(some)
    chance.shuffle(shuffled)
    assert fingerprint("cmp_1", 0, 9, shuffled) == fingerprint("cmp_1", 0, 9, some)


@given(lines.filter(bool), st.data())
def test_any_change_shows(some: list[MerchantLine], data: st.DataObject):
    """One fen, one count, one merchant, one bound, one campaign: another hash."""
    frozen = fingerprint("cmp_1", 3, 9, some)
    at = data.draw(st.integers(0, len(some) - 1))
    numbers = ("redeemed_count", "reversed_count", "redeemed_fen", "reversed_fen")
    altered = [replace(some[at], **{name: getattr(some[at], name) + 1}) for name in numbers] + [
        replace(some[at], merchant_id="mer_other")
    ]
    for line in altered:
        assert fingerprint("cmp_1", 3, 9, [*some[:at], line, *some[at + 1 :]]) != frozen
    others = [("cmp_2", 3, 9, some), ("cmp_1", 2, 9, some), ("cmp_1", 3, 10, some), ("cmp_1", 3, 9, some[1:])]
    assert frozen not in {fingerprint(*other) for other in others}
