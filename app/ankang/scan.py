"""Verifying the code (核验): one use, bound to the terminal that scanned it; refused scans are rows too."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.counters import raise_counter
from app.domain import ankang_code
from app.domain.ankang_code import Code, Verdict
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.ids import new_id

TOKEN_LIFE_MS = 180_000
MAX_BAD_TRIES = 5
FIND_HANDLE = (
    "SELECT h.citizen_id, h.issued_step, h.last_step, h.status, c.status AS citizen_status"
    " FROM code_handle h JOIN citizen c ON c.id = h.citizen_id WHERE h.epoch = :epoch AND h.handle = :handle"
)
CONSUME = text(
    "UPDATE code_handle SET last_step = :step, status = 'consumed'"
    " WHERE epoch = :epoch AND handle = :handle AND last_step < :step AND status = 'live'"
)
COUNT_BAD_TRY = text(
    "UPDATE code_handle SET bad_tries = bad_tries + 1,"
    " status = CASE WHEN bad_tries + 1 >= :max_tries AND status = 'live' THEN 'dead' ELSE status END"
    " WHERE epoch = :epoch AND handle = :handle"
)
RECORD = text(
    "INSERT INTO scan (id, epoch, handle, code_step, citizen_id, terminal_id, merchant_id, store_id, purpose, result,"
    " scanned_at) VALUES (:id, :epoch, :handle, :step, :citizen_id, :terminal_id, :merchant_id, :store_id, :purpose,"
    " :result, :at)"
)
SAME_AGAIN = text(
    "SELECT id, citizen_id, order_no, purpose, scanned_at FROM scan WHERE epoch = :epoch AND handle = :handle"
    " AND code_step = :step AND result = 'accepted' AND terminal_id = :terminal_id AND order_no IS NULL"
)
FIND_SCAN = (
    "SELECT s.id, s.citizen_id, s.order_no, s.purpose, s.scanned_at, c.status AS citizen_status"
    " FROM scan s JOIN citizen c ON c.id = s.citizen_id"
    " WHERE s.id = :id AND s.terminal_id = :terminal_id AND s.result = 'accepted'"
)
BIND = text(
    "UPDATE scan SET order_no = :order_no WHERE id = :id AND (order_no IS NULL OR order_no = :order_no)"
)


@dataclass(frozen=True)
class Till:
    """Who scans: a terminal in a store of a merchant."""

    terminal_id: str
    store_id: str
    merchant_id: str
    is_test: bool
    store: str
    merchant: str


@dataclass(frozen=True)
class Scanned:
    """An accepted scan. `scanned_at` is epoch ms."""

    scan_id: str
    citizen_id: str
    purpose: str
    order_no: str | None
    scanned_at: int

    @property
    def expires_at(self) -> int:
        """Until when its token is good (epoch ms)."""
        return self.scanned_at + TOKEN_LIFE_MS


def accept(session: Session, till: Till, digits: str, purpose: str) -> Scanned:
    """Consume a displayed code and bind it to this terminal.

    The same terminal gets the same scan back until a redemption succeeded on it or its token ran out. Raises Refused,
    with the refused scan recorded in this session: the caller commits it with the decided answer.
    """
    at = clock.database_now(session)
    code = ankang_code.parse(digits)
    found = _find_handle(session, code, lock=True)
    if code is None or found is None:
        raise _refuse(session, till, purpose, at, Refusal.CODE_INVALID, code)
    verdict, step = _verdict(code, found, at)
    if verdict is Verdict.CONSUMED and found.citizen_status == "active":
        same = _same_again(session, till, code, step, purpose)
        if same is not None and at < same.expires_at:
            return same
    if refusal := _why_not(verdict, found):
        if verdict is Verdict.WRONG:
            session.execute(COUNT_BAD_TRY, {**_name(code), "max_tries": MAX_BAD_TRIES})
        raise _refuse(session, till, purpose, at, refusal, code, found.citizen_id, step)
    if not sql.changed_one(session, CONSUME, {**_name(code), "step": step}):
        raise sql.LostRace("code_handle")
    scan_id = _record(session, till, purpose, at, "accepted", code, found.citizen_id, step)
    return Scanned(scan_id, found.citizen_id, purpose, None, at)


def resolve(session: Session, till: Till, token: str) -> Scanned:
    """The scan behind a token, locked. Raises Refused when it is not this terminal's, too old, or suspended."""
    row = _find_scan(session, till, token, lock=True)
    if row is None:
        raise Refused(Refusal.SCAN_TOKEN_INVALID)
    if row.citizen_status != "active":
        raise Refused(Refusal.CITIZEN_SUSPENDED)
    scanned = Scanned(row.id, row.citizen_id, row.purpose, row.order_no, row.scanned_at)
    if clock.database_now(session) >= scanned.expires_at:
        raise Refused(Refusal.SCAN_EXPIRED)
    return scanned


def bind(session: Session, scanned: Scanned, order_no: str) -> None:
    """Tie the scan to one order for ever. Raises LostRace when another order was faster."""
    if not sql.changed_one(session, BIND, {"id": scanned.scan_id, "order_no": order_no}):
        raise sql.LostRace("scan")


def holder_of(till: Till, token: str | None, digits: str | None) -> str | None:
    """The citizen a token or a code most likely stands for: a look without effect, for the lock only."""
    with sql.reading() as session:
        if token is not None:
            row = _find_scan(session, till, token)
        else:
            row = _find_handle(session, ankang_code.parse(digits or ""))
        return None if row is None else str(row.citizen_id)


def token_of(scan_id: str) -> str:
    """A MAC over the scan id: nothing is stored."""
    mac = hmac.digest(settings().secret_key, f"scan-token|{scan_id}".encode(), "sha256")
    return f"{scan_id}.{mac.hex()[:32]}"


def _name(code: Code) -> dict[str, Any]:
    return {"epoch": code.epoch, "handle": code.handle}


def _find_handle(session: Session, code: Code | None, lock: bool = False) -> Row[Any] | None:
    if code is None or code.epoch not in settings().ankang_keys:
        return None
    suffix = sql.row_lock(session, "h") if lock else ""
    return session.execute(text(FIND_HANDLE + suffix), _name(code)).one_or_none()


def _find_scan(session: Session, till: Till, token: str, lock: bool = False) -> Row[Any] | None:
    scan_id = token.partition(".")[0]
    if not hmac.compare_digest(token_of(scan_id).encode(), token.encode()):
        return None
    suffix = sql.row_lock(session, "s") if lock else ""
    return session.execute(
        text(FIND_SCAN + suffix), {"id": scan_id, "terminal_id": till.terminal_id}
    ).one_or_none()


def _verdict(code: Code, found: Row[Any], at: int) -> tuple[Verdict, int | None]:
    seed = ankang_code.seed_of(settings().ankang_keys[code.epoch], code.handle)
    return ankang_code.verdict(seed, code, at, found.last_step, found.issued_step)


def _why_not(verdict: Verdict, found: Row[Any]) -> Refusal | None:
    if verdict is Verdict.WRONG or found.status == "dead":
        return Refusal.CODE_INVALID
    if found.citizen_status != "active":
        return Refusal.CITIZEN_SUSPENDED
    if verdict is Verdict.EXPIRED:
        return Refusal.CODE_EXPIRED
    if verdict is Verdict.CONSUMED or found.status != "live":
        return Refusal.CODE_CONSUMED
    return None


def _same_again(session: Session, till: Till, code: Code, step: int | None, purpose: str) -> Scanned | None:
    values = {**_name(code), "step": step, "terminal_id": till.terminal_id}
    row = session.execute(SAME_AGAIN, values).one_or_none()
    if row is None or row.purpose != purpose:
        return None
    return Scanned(row.id, row.citizen_id, row.purpose, row.order_no, row.scanned_at)


def _refuse(
    session: Session,
    till: Till,
    purpose: str,
    at: int,
    refusal: Refusal,
    code: Code | None,
    citizen_id: str | None = None,
    step: int | None = None,
) -> Refused:
    _record(session, till, purpose, at, refusal.code, code, citizen_id, step)
    return Refused(refusal)


def _record(
    session: Session,
    till: Till,
    purpose: str,
    at: int,
    result: str,
    code: Code | None,
    citizen_id: str | None,
    step: int | None,
) -> str:
    scan_id = new_id("scn")
    values = {
        "id": scan_id,
        "epoch": code.epoch if code else None,
        "handle": code.handle if code else None,
        "step": step,
        "citizen_id": citizen_id,
        "terminal_id": till.terminal_id,
        "merchant_id": till.merchant_id,
        "store_id": till.store_id,
        "purpose": purpose,
        "result": result,
        "at": at,
    }
    session.execute(RECORD, values)
    raise_counter(session, at, "verified", purpose, result)
    return scan_id
