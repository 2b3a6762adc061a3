"""Files for spreadsheets and banks: CSV, cells that no spreadsheet runs, and what a file is known by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from hashlib import sha256

MARK = "\ufeff"
"""In front of UTF-8, without which spreadsheets misread Chinese."""
# A spreadsheet takes text that begins like this for a formula (OWASP: CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Text for a spreadsheet's cell, with an apostrophe in front of what would be a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_text(rows: Iterable[Sequence[str | int]]) -> str:
    """Rows as CSV (RFC 4180), their cells as they are."""
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def guarded_csv(rows: Iterable[Sequence[str | int]]) -> str:
    """Rows as CSV for a spreadsheet: numbers stay numbers, every text is `guarded`."""
    return csv_text([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def digest(data: bytes) -> str:
    """What a file is known by: SHA-256, hexadecimal."""
    return sha256(data).hexdigest()
