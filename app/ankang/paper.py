"""A sheet of paper at the till: found by the keyed hash of its digits, locked, used once.

It stands for one voucher of its citizen and proves no identity. A scan does not spend it, for a paper cannot draw a
fresh code when a customer changes her mind: it is spent with the redemption that it pays, in the same transaction, and
stays spent when that is reversed, for whoever saw the sheet may have a copy.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row
from sqlalchemy.orm import Session

from app import sql
from app.domain import paper
from app.domain.refusals import Refusal, Refused
from app.extensions import settings, vault

LOOK = sql.SetWise(
    "SELECT item.mark, p.id AS sheet_id, p.state AS sheet_state, p.voucher_id, p.citizen_id,"
    " v.status AS voucher_status, c.status AS citizen_status, c.name_ct FROM {items}"
    " JOIN paper_sheet p ON p.qr_mark = item.mark OR p.typed_mark = item.mark"
    " JOIN voucher v ON v.id = p.voucher_id JOIN citizen c ON c.id = p.citizen_id",
    mark="text",
)
LOCK = sql.SetWise(
    "SELECT p.id, p.state FROM {items} JOIN paper_sheet p ON p.id = item.id ORDER BY p.id",
    lock="p",
    id="text",
)
# Fence: a valid sheet is used, or no row changes.
USE = sql.SetWise(
    "UPDATE paper_sheet SET state = 'used', ended_at = item.at FROM {items}"
    f" WHERE paper_sheet.id = item.id AND {sql.beside_indexes('paper_sheet.state')} = 'valid'",
    id="text",
    at="bigint",
)
WHY_NOT = {"used": Refusal.SHEET_USED, "revoked": Refusal.SHEET_REVOKED}


class Sheet(NamedTuple):
    """A sheet, and the one voucher that it stands for."""

    sheet_id: str
    voucher_id: str


class Printed(NamedTuple):
    """The digits of a sheet: those in its QR code, and those to be typed."""

    qr: str
    typed: str


def printed(sheet_id: str) -> Printed:
    """What is printed on this sheet. Derived: it is stored nowhere, and no stored answer holds it."""
    return Printed(
        paper.written(_chance(sheet_id, "qr"), paper.QR_RANDOM),
        paper.written(_chance(sheet_id, "typed"), paper.TYPED_RANDOM),
    )


def _chance(sheet_id: str, kind: str) -> bytes:
    return hmac.digest(settings().secret_key, f"paper|{kind}|{sheet_id}".encode(), "sha256")


def mark(digits: str) -> str:
    """The keyed hash by which digits of a sheet are found."""
    return vault().blind_index("paper", digits)


def mark_in(text: str) -> str | None:
    """The same for what a till read; None where it cannot be of a sheet."""
    digits = paper.parse(text)
    return None if digits is None else mark(digits)


def look(on: Session | Connection, marks: Collection[str]) -> Callable[[], dict[str, Row[Any]]]:
    """The sheets with these marks, each with its voucher's and holder's standing: a look without effect."""
    heard = LOOK.ask(on, [{"mark": each} for each in marks])
    return lambda: {row.mark: row for row in heard()}


def lock(session: Session, sheet_ids: Collection[str]) -> dict[str, str]:
    """The state of each of these sheets, locked in primary-key order until the transaction ends."""
    return {row.id: row.state for row in LOCK.run(session, [{"id": each} for each in sorted(sheet_ids)])}


def why_not(row: Row[Any], purpose: str) -> Refusal | None:
    """Why a sheet, as `look` gives it, is not taken. Whose voucher was used by phone is as good as used itself."""
    if row.sheet_state == "revoked":
        return Refusal.SHEET_REVOKED
    if row.citizen_status != "active":
        return Refusal.CITIZEN_SUSPENDED
    if row.sheet_state == "used" or row.voucher_status == "redeemed":
        return Refusal.SHEET_USED
    return Refusal.SHEET_NO_IDENTITY if purpose != "voucher" else None


def require(state: str | None) -> None:
    """Raises Refused unless a sheet in this state is valid."""
    if state != "valid":
        raise Refused(WHY_NOT.get(state or "", Refusal.CODE_INVALID))


def of_scan(row: Row[Any]) -> Sheet | None:
    """The sheet that a scan was made of; None for a displayed code."""
    return None if row.sheet_id is None else Sheet(row.sheet_id, row.sheet_voucher_id)


def require_only(sheet: Sheet | None, voucher_ids: Collection[str]) -> None:
    """Raises Refused(VOUCHER_NOT_FOUND) where a sheet is to pay with a voucher that it does not stand for."""
    for voucher_id in voucher_ids:
        if sheet is not None and voucher_id != sheet.voucher_id:
            raise Refused(Refusal.VOUCHER_NOT_FOUND, voucher_id=voucher_id)


def use(session: Session, sheets: Mapping[str, int]) -> None:
    """Each of these sheets has paid at its instant (epoch ms). Raises LostRace when somebody was faster."""
    USE.must(session, [{"id": each, "at": sheets[each]} for each in sorted(sheets)], "paper_sheet")
