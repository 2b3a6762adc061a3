"""The uploaded file: UTF-8 CSV with a header, one person a line (docs/targeted-lists.md).

Only the outside is looked at here, so that an upload is short; its lines are judged later by a job.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.refusals import Refusal, Refused
from app.extensions import vault

MEDIA_TYPE = "text/csv"
MOST_BYTES = 16 * 1024 * 1024
MOST_ROWS = 500_000
PART_LINES = 1_000
FIRST_ROW = 2  # the header is line 1
ID_NUMBER, NAME = "id_number", "name"
COLUMNS = {ID_NUMBER: ID_NUMBER, "身份证号": ID_NUMBER, NAME: NAME, "姓名": NAME}


@dataclass(frozen=True)
class File:
    """Columns by name in their order; lines without the header, the first of them being line 2 of the file."""

    content_bi: str
    columns: tuple[str, ...]
    lines: list[str]

    @property
    def row_count(self) -> int:
        """Lines that say something."""
        return sum(1 for line in self.lines if line.strip())

    def parts(self) -> Iterator[tuple[int, list[str]]]:
        """Runs of lines, each with the number of its first line."""
        for start in range(0, len(self.lines), PART_LINES):
            yield FIRST_ROW + start, self.lines[start : start + PART_LINES]


def opened(content: bytes) -> File:
    """The file. Raises Refused(LIST_ENCODING, LIST_HEADER, LIST_EMPTY or LIST_TOO_LONG)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(Refusal.LIST_ENCODING) from error
    lines = [line.rstrip("\r") for line in text.split("\n")]
    digest = hashlib.sha256(content).hexdigest()
    file = File(vault().blind_index("target_list", digest), _columns(lines[0]), lines[1:])
    if not file.row_count:
        raise Refused(Refusal.LIST_EMPTY)
    if len(file.lines) > MOST_ROWS:
        raise Refused(Refusal.LIST_TOO_LONG, most_rows=MOST_ROWS)
    return file


def _columns(header: str) -> tuple[str, ...]:
    """The header's columns by our names; the first is always looked for among them, the second may be missing."""
    named = tuple(COLUMNS.get(cell.strip().lower(), "") for cell in cells(header))
    if ID_NUMBER not in named or "" in named or len(set(named)) != len(named):
        raise Refused(Refusal.LIST_HEADER, columns=["身份证号 id_number", "姓名 name"])
    return named


def cells(line: str) -> list[str]:
    """The cells of one line; a quoted cell never reaches into the next line. None where it is no CSV."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []
