"""An accepted scan, its token, and the one order it pays (核验 itself is in `verify.py`)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang import paper
from app.domain.refusals import Refusal, Refused
from app.domain.terms import Place
from app.extensions import settings

TOKEN_LIFE_MS = 180_000
_BY_ID = (
    "SELECT s.id, s.terminal_id, s.citizen_id, s.order_no, s.purpose, s.scanned_at,"
    " c.status AS citizen_status, c.name_ct, s.sheet_id, p.voucher_id AS sheet_voucher_id, p.state AS sheet_state"
    " FROM {items} JOIN scan s ON s.id = item.scan_id"
)
_OF_TILL = " AND s.terminal_id = item.terminal_id"
_ACCEPTED = (
    " LEFT JOIN paper_sheet p ON p.id = s.sheet_id"
    f" JOIN citizen c ON c.id = s.citizen_id WHERE {sql.beside_indexes('s.result')} = 'accepted' ORDER BY s.id"
)
LOOK = sql.SetWise(f"{_BY_ID}{_ACCEPTED}", scan_id="text")
LOCK = sql.SetWise(f"{_BY_ID}{_OF_TILL}{_ACCEPTED}", lock="s", scan_id="text", terminal_id="text")
BIND = sql.SetWise(
    "UPDATE scan SET order_no = item.order_no FROM {items} WHERE scan.id = item.scan_id"
    " AND (scan.order_no IS NULL OR scan.order_no = item.order_no)",
    scan_id="text",
    order_no="text",
)

# A scan is its terminal's own: whoever takes one of a group names both, or one terminal's token lets another in.
Name = tuple[str, str]  # scan id and terminal id


@dataclass(frozen=True)
class Till:
    """Who scans: a terminal in a store (with its area) of a merchant (with its category)."""

    terminal_id: str
    store_id: str
    merchant_id: str
    is_test: bool
    store: str
    merchant: str
    category: str = ""
    area: str = ""

    @property
    def place(self) -> Place:
        """Where it stands, as the rules see it."""
        return Place(self.category, self.area, self.is_test)


@dataclass(frozen=True)
class Scanned:
    """An accepted scan with its holder's sealed name, and the sheet it was of. `scanned_at` is epoch ms."""

    scan_id: str
    citizen_id: str
    purpose: str
    order_no: str | None
    scanned_at: int
    name_ct: bytes = field(repr=False)
    sheet: paper.Sheet | None = None

    @property
    def expires_at(self) -> int:
        """Until when its token is good (epoch ms)."""
        return self.scanned_at + TOKEN_LIFE_MS


def resolve(session: Session, till: Till, token: str) -> Scanned:
    """The scan behind a token, unlocked. Raises Refused when it is not this terminal's, too old, or suspended."""
    return judged(find(session, till, id_in(token)), clock.database_now(session))


def find(on: Session | Connection, till: Till, scan_id: str | None) -> Row[Any] | None:
    """An accepted scan of this terminal: a look without effect."""
    return look(on, [scan_id])().get((scan_id, till.terminal_id)) if scan_id else None


def look(on: Session | Connection, scan_ids: Iterable[str]) -> Callable[[], dict[Name, Row[Any]]]:
    """These accepted scans, whoever's: a look without effect."""
    return _by_name(LOOK.ask(on, [{"scan_id": scan_id} for scan_id in scan_ids]))


def lock(session: Session, wanted: Iterable[Name]) -> Callable[[], dict[Name, Row[Any]]]:
    """These scans, each of its terminal and of nobody else, locked in primary-key order until the transaction ends."""
    rows = [{"scan_id": scan_id, "terminal_id": terminal_id} for scan_id, terminal_id in wanted]
    return _by_name(LOCK.ask(session, rows))


def _by_name(heard: Callable[[], Iterable[Row[Any]]]) -> Callable[[], dict[Name, Row[Any]]]:
    return lambda: {(row.id, row.terminal_id): row for row in heard()}


def judged(row: Row[Any] | None, at: int) -> Scanned:
    """The scan of a row at this instant. Raises Refused where there is none, it is too old, or its holder suspended."""
    if row is None:
        raise Refused(Refusal.SCAN_TOKEN_INVALID)
    if row.citizen_status != "active":
        raise Refused(Refusal.CITIZEN_SUSPENDED)
    sheet = paper.of_scan(row)
    if sheet is not None:
        paper.require(row.sheet_state)
    scanned = Scanned(row.id, row.citizen_id, row.purpose, row.order_no, row.scanned_at, row.name_ct, sheet)
    if at >= scanned.expires_at:
        raise Refused(Refusal.SCAN_EXPIRED)
    return scanned


def bind(session: Session, orders: Mapping[str, str]) -> None:
    """Tie each scan to its order for ever. Raises LostRace when another order was faster."""
    rows = [{"scan_id": scan_id, "order_no": order_no} for scan_id, order_no in orders.items()]
    BIND.must(session, rows, "scan")


def token_of(scan_id: str) -> str:
    """A MAC over the scan id: nothing is stored."""
    mac = hmac.digest(settings().secret_key, f"scan-token|{scan_id}".encode(), "sha256")
    return f"{scan_id}.{mac.hex()[:32]}"


def id_in(token: str) -> str | None:
    """The scan a token was made for; None for a changed or made-up one."""
    scan_id = token.partition(".")[0]
    return scan_id if hmac.compare_digest(token_of(scan_id).encode(), token.encode()) else None
