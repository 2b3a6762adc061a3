"""A settlement of many merchants is read page by page; its sums are those of all of them."""

from __future__ import annotations

from flask import Flask

from campaigns.console import money, settlements


def test_the_lines_go_on_behind_the_last_merchant(scratch: Flask):
    """Each line once, whichever page is asked for; a cursor that is none begins anew."""
    lines = [{"merchant_id": f"mer_{each:03d}"} for each in range(2 * money.PAGE + 1)]
    seen, cursor = [], ""
    for _ in range(3):
        with scratch.test_request_context(f"/console/settlements/stl_1?cursor={cursor}"):
            found, following = settlements.page_of(lines)
        seen += found
        cursor = following or ""
    assert seen == lines and not cursor
    with scratch.test_request_context("/console/settlements/stl_1?cursor=%27;--"):
        assert settlements.page_of(lines)[0] == lines[: money.PAGE]
