"""Checking a list, part by part: every line becomes a row with its verdict. Nothing is issued here.

Reading and judging happen outside the write transaction, which only raises the fence and writes: the lease makes
sure that nobody else adds rows to this list meanwhile, and its epoch that a late worker writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, String, bindparam, insert, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.identity import BadIdentity, normalise_id_number, normalise_name
from app.domain.target_row import GOOD, Reason, masked
from app.extensions import vault
from app.models import TargetRow
from campaigns.targets import file
from campaigns.targets.lease import Lease, advance, extend

NEXT_PART = text(
    "SELECT first_no, last_no, lines_ct FROM target_part WHERE list_id = :list_id ORDER BY first_no LIMIT 1"
)
DROP_PART = text("DELETE FROM target_part WHERE list_id = :list_id AND first_no = :first_no")
LISTED = text(
    "SELECT id_number_bi FROM target_row WHERE list_id = :list_id AND id_number_bi IN :indexes"
).bindparams(bindparam("indexes", expanding=True, type_=String()))
KNOWN = text(
    "SELECT c.id, c.id_number_bi, c.name_ct, c.status, COALESCE(n.used, 0) AS used, b.person_limit FROM citizen c"
    " JOIN batch b ON b.id = :batch_id"
    " LEFT JOIN counter n ON n.kind = 'person' AND n.scope_id = b.id AND n.subject_id = c.id AND n.day = ''"
    " WHERE c.id_number_bi IN :indexes"
).bindparams(bindparam("indexes", expanding=True, type_=String()))
FINISH = text(
    "UPDATE target_list SET state = 'checked', checked_at = :now, lease_until = 0"
    " WHERE id = :list_id AND state = 'checking' AND lease_epoch = :epoch"
)


@dataclass(frozen=True)
class Line:
    """A line of the file, read. `reason` is set where the line itself is wrong; `name` is empty where none is given."""

    row_no: int
    masked: str
    index: str | None = None
    name: str = ""
    reason: Reason | None = None


def check(lease: Lease) -> None:
    """Check every part that is left, then call the list checked. Raises LeaseLost."""
    while part := _next_part(lease):
        lines = _read(lease, part)
        rows = _judged(lease, lines)
        sql.write(partial(_write, lease=lease, part=part, rows=rows))
    sql.write(partial(_finish, lease=lease))


def _next_part(lease: Lease) -> Row[Any] | None:
    with sql.reading() as session:
        return session.execute(NEXT_PART, {"list_id": lease.list_id}).one_or_none()


def _read(lease: Lease, part: Row[Any]) -> list[Line]:
    lines = vault().open(part.lines_ct, part_context(lease.list_id, part.first_no)).split("\n")
    numbered = enumerate(lines, part.first_no)
    return [read_line(lease.columns, number, line) for number, line in numbered if line.strip()]


def read_line(columns: Sequence[str], row_no: int, line: str) -> Line:
    """One line by its columns."""
    cells = file.cells(line)
    if len(cells) != len(columns):
        return Line(row_no, "", reason=Reason.COLUMNS)
    given = dict(zip(columns, cells, strict=True))
    mask = masked(given[file.ID_NUMBER])
    try:
        index = vault().blind_index("id_number", normalise_id_number(given[file.ID_NUMBER]))
    except BadIdentity:
        return Line(row_no, mask, reason=Reason.ID_NUMBER)
    return Line(row_no, mask, index, given.get(file.NAME, "").strip())


def _judged(lease: Lease, lines: list[Line]) -> list[dict[str, Any]]:
    """The rows to write, each with its verdict."""
    indexes = sorted({line.index for line in lines if line.index})
    asked = {"list_id": lease.list_id, "batch_id": lease.batch_id, "indexes": indexes}
    with sql.reading() as session:
        listed = set(session.scalars(LISTED, asked))
        known = {row.id_number_bi: row for row in session.execute(KNOWN, asked)}
    rows = []
    for line in lines:
        is_first = line.index is not None and line.index not in listed
        person = known.get(line.index) if is_first else None
        reason = line.reason or (_reason(line, person) if is_first else Reason.DUPLICATE)
        rows.append(
            {
                "list_id": lease.list_id,
                "row_no": line.row_no,
                "masked": line.masked,
                "id_number_bi": line.index if is_first else None,
                "citizen_id": None if person is None else person.id,
                "result": GOOD if reason is None else reason.value,
                "voucher_id": None,
            }
        )
        listed.add(line.index or "")
    return rows


def _reason(line: Line, person: Row[Any] | None) -> Reason | None:
    if person is None:
        return Reason.UNKNOWN
    if line.name and not _is_name_of(line.name, person):
        return Reason.NAME
    if person.status != "active":
        return Reason.SUSPENDED
    return Reason.LIMIT if person.used >= person.person_limit else None


def _is_name_of(name: str, person: Row[Any]) -> bool:
    try:
        return normalise_name(name) == vault().open(person.name_ct, f"citizen.name|{person.id}")
    except BadIdentity:
        return False


def part_context(list_id: str, first_no: int) -> str:
    """What a sealed part is bound to."""
    return f"target_part.lines|{list_id}|{first_no}"


def _write(session: Session, lease: Lease, part: Row[Any], rows: list[dict[str, Any]]) -> None:
    advance(session, lease, part.last_no)
    if rows:
        session.execute(insert(TargetRow), rows)
    session.execute(DROP_PART, {"list_id": lease.list_id, "first_no": part.first_no})


def _finish(session: Session, lease: Lease) -> None:
    extend(session, lease)
    session.execute(FINISH, {**lease.name, "now": clock.now()})
