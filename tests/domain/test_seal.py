"""The chain of the audit trail: one change is one flaw, at its place."""

from __future__ import annotations

import os
from dataclasses import replace

from app.domain import seal
from app.domain.seal import ENTRY, Flaw, Link

# `make prove-seals` takes every one of a thousand.
ROWS = int(os.environ.get("SEAL_ROWS", "60"))


def chain(count: int) -> list[Link]:
    """Entries as they are written, each with its link."""
    links, previous = [], seal.START
    for number in range(1, count + 1):
        entry = (
            f"aud_{number:04d}",
            1_000 * number,
            "stf_1",
            "campaign.approve",
            "cmp_1",
            "done",
            "核对无误",
            "t",
        )
        previous = seal.chained(previous, number, *entry)
        links.append(Link(number, entry[0], previous, entry))
    return links


def test_what_happened_has_no_flaw():
    """Also of nothing at all."""
    assert list(seal.flaws(chain(ROWS))) == list(seal.flaws([])) == []


def test_any_row_altered_or_removed_is_found_at_its_place():
    """Each row, by each of its columns in turn, and each row removed: one flaw, which names it."""
    links = chain(ROWS)
    for at, link in enumerate(links):
        assert link.entry is not None
        column = at % (len(ENTRY) - 1) + 1
        entry = [*link.entry[:column], 7 if column == 1 else "x", *link.entry[column + 1 :]]
        altered, removed = replace(link, entry=entry), replace(link, entry=None)
        for wrong, what in ((altered, "entry altered"), (removed, "entry removed")):
            found = list(seal.flaws([*links[:at], wrong, *links[at + 1 :]]))
            assert found == [Flaw(link.number, link.entry_id, what)]


def test_a_link_taken_out_with_its_entry_is_missed():
    """Its number is; at the end of the chain it is the seal over the links that misses it."""
    links = chain(10)
    found = list(seal.flaws([*links[:4], *links[5:]]))
    assert found == [Flaw(5, "", "link missing")]
    rows = [(link.number, link.sha256) for link in links]
    assert seal.content(rows) != seal.content(rows[:-1])


def test_a_link_computed_anew_over_an_altered_entry_breaks_the_next_one():
    """Whoever rewrites one hash has to rewrite all that follow, and the printed anchor stays what it was."""
    links = chain(10)
    entry = ["aud_0005", *(links[4].entry or ())[1:-2], "another reason", "t"]
    forged = replace(links[4], entry=entry, sha256=seal.chained(links[3].sha256, 5, *entry))
    found = list(seal.flaws([*links[:4], forged, *links[5:]]))
    assert found == [Flaw(6, "aud_0006", "entry altered")]


def test_rows_that_read_alike_are_not_alike():
    """Neither columns nor rows can lend each other a character."""
    assert (
        len(
            {seal.content(rows) for rows in ([["ab", "c"]], [["a", "bc"]], [["a"], ["bc"]], [[None]], [[""]])}
        )
        == 5
    )
