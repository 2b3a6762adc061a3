"""Rows as CSV that a spreadsheet opens: UTF-8 with a mark in front, and no cell that it would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Sequence[str | int]]) -> str:
    """Numbers stay numbers; text that begins like a formula gets an apostrophe in front."""
    written = io.StringIO()
    csv.writer(written).writerows([guarded(cell) for cell in row] for row in rows)
    return written.getvalue()


def guarded(cell: str | int) -> str | int:
    """The cell as it may stand in a file."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
