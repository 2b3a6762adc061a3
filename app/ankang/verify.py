"""Verifying codes (核验): one use, bound to the terminal that scanned it; refused scans are rows too.

Set-wise, for all codes of a transaction: `hold` locks their handles, `judge` decides on the locked rows, `record`
writes what was decided, `count` raises the counters, which are hot and come late.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang import paper
from app.ankang.counters import raise_verified
from app.ankang.reading import Handle, Shown
from app.ankang.scan import TOKEN_LIFE_MS, Scanned
from app.domain import ankang_code
from app.domain.ankang_code import Code, Verdict
from app.domain.refusals import Refusal
from app.extensions import settings
from app.ids import new_id

MAX_BAD_TRIES = 5
# A scan is given back while its token is good, by the database's clock, which a process's own may be beside.
GIVEN_BACK_MS = TOKEN_LIFE_MS + 60_000
HOLDERS = sql.SetWise(
    "SELECT h.epoch, h.handle, h.citizen_id FROM {items}"
    " JOIN code_handle h ON h.epoch = item.epoch AND h.handle = item.handle",
    epoch="bigint",
    handle="text",
)
LOCK = sql.SetWise(
    "SELECT h.epoch, h.handle, h.citizen_id, h.issued_step, h.last_step, h.status, c.status AS citizen_status,"
    " c.name_ct FROM {items} JOIN code_handle h ON h.epoch = item.epoch AND h.handle = item.handle"
    " JOIN citizen c ON c.id = h.citizen_id ORDER BY h.epoch, h.handle",
    lock="h",
    epoch="bigint",
    handle="text",
)
UNUSED = sql.SetWise(
    "SELECT s.epoch, s.handle, s.code_step, s.id, s.terminal_id, s.purpose, s.scanned_at FROM {items} JOIN scan s"
    " ON s.citizen_id = item.citizen_id AND s.scanned_at > item.since"
    " AND s.epoch = item.epoch AND s.handle = item.handle AND s.terminal_id = item.terminal_id"
    f" WHERE {sql.beside_indexes('s.result')} = 'accepted' AND s.order_no IS NULL",
    epoch="bigint",
    handle="text",
    terminal_id="text",
    citizen_id="text",
    since="bigint",
)
CONSUME = sql.SetWise(
    "UPDATE code_handle SET last_step = item.step, status = 'consumed' FROM {items}"
    " WHERE code_handle.epoch = item.epoch AND code_handle.handle = item.handle"
    " AND code_handle.last_step < item.step AND code_handle.status = 'live'",
    epoch="bigint",
    handle="text",
    step="bigint",
)
COUNT_BAD_TRIES = sql.SetWise(
    "UPDATE code_handle SET bad_tries = bad_tries + 1,"
    " status = CASE WHEN bad_tries + 1 >= item.most AND status = 'live' THEN 'dead' ELSE status END"
    " FROM {items} WHERE code_handle.epoch = item.epoch AND code_handle.handle = item.handle",
    epoch="bigint",
    handle="text",
    most="bigint",
)
RECORD = sql.SetWise(
    "INSERT INTO scan (id, epoch, handle, code_step, citizen_id, terminal_id, merchant_id, store_id, purpose, result,"
    " order_no, sheet_id, scanned_at) SELECT id, epoch, handle, step, citizen_id, terminal_id, merchant_id, store_id,"
    " purpose, result, order_no, sheet_id, at FROM {items} WHERE true",
    id="text",
    epoch="bigint",
    handle="text",
    step="bigint",
    citizen_id="text",
    terminal_id="text",
    merchant_id="text",
    store_id="text",
    purpose="text",
    result="text",
    order_no="text",
    sheet_id="text",
    at="bigint",
)


@dataclass(frozen=True)
class Codes:
    """The locked handles, the scans that used ones may give back (of the same terminal, no order yet); sheets."""

    handles: Mapping[Handle, Row[Any]]
    unused: Mapping[Handle, Row[Any]]
    sheets: Mapping[str, Row[Any]]


@dataclass(frozen=True)
class Verified:
    """What became of a code: an accepted scan, fresh or given back, or a refusal."""

    shown: Shown
    scan_id: str
    step: int | None = None
    citizen_id: str | None = None
    refusal: Refusal | None = None
    scanned: Scanned | None = None
    is_fresh: bool = True
    sheet_id: str | None = None

    @property
    def result(self) -> str:
        """`accepted` or the refusal's code."""
        return self.refusal.code if self.refusal else "accepted"


def hold(session: Session, shown: Collection[Shown]) -> Callable[[], Codes]:
    """Lock the handles of these codes until COMMIT, in primary-key order; no two codes may be of one handle.

    Sheets are looked at: who pays with one has locked it.
    """
    tills = {each.handle: each.till.terminal_id for each in shown if each.handle}
    heard = LOCK.ask(session, [_columns(name) for name in tills])
    marks = {each.mark for each in shown if each.mark}
    return lambda: _codes(session, tills, heard(), paper.look(session, marks)())


def _codes(
    session: Session, tills: Mapping[Handle, str], locked: Iterable[Row[Any]], sheets: Mapping[str, Row[Any]]
) -> Codes:
    """Used handles are seldom: only then is it asked which scan they might give back."""
    handles: dict[Handle, Row[Any]] = {(row.epoch, row.handle): row for row in locked}
    since = clock.now() - GIVEN_BACK_MS
    used = [
        {**_columns(name), "terminal_id": tills[name], "citizen_id": row.citizen_id, "since": since}
        for name, row in handles.items()
        if row.status == "consumed"
    ]
    unused = UNUSED.run(session, used)
    return Codes(handles, {(row.epoch, row.handle): row for row in unused}, sheets)


def judge(shown: Shown, held: Codes, at: int) -> Verified:
    """Decide on the locked rows.

    The same terminal gets the same scan back until a redemption succeeded on it or its token ran out.
    """
    sheet = held.sheets.get(shown.mark) if shown.mark else None
    if sheet is not None:
        return _judge_sheet(shown, sheet, at)
    found = held.handles.get(shown.handle) if shown.handle else None
    if shown.code is None or found is None:
        return Verified(shown, new_id("scn"), refusal=Refusal.CODE_INVALID)
    verdict, step = (
        _verdict(shown.code, found, at) if shown.shown_at is None else _proved(shown.shown_at, found)
    )
    if verdict is Verdict.CONSUMED and found.citizen_status == "active":
        same = _same_again(shown, held, found, step)
        if same is not None and at < same.expires_at:
            return Verified(shown, same.scan_id, step, same.citizen_id, scanned=same, is_fresh=False)
    scan_id, refusal = new_id("scn"), _why_not(verdict, found)
    if refusal is not None:
        return Verified(shown, scan_id, step, found.citizen_id, refusal)
    scanned = Scanned(scan_id, found.citizen_id, shown.purpose, None, at, found.name_ct)
    return Verified(shown, scan_id, step, found.citizen_id, scanned=scanned)


def record(
    session: Session, verified: Sequence[Verified], at: int, orders: Mapping[str, str] | None = None
) -> None:
    """Write what was decided: codes consumed, wrong guesses counted, a row a scan, with its order where it paid one."""
    fresh = [each for each in verified if each.is_fresh]
    coded = [each for each in fresh if each.shown.handle]
    consumed = [_columns(each.shown.handle) | {"step": each.step} for each in coded if each.scanned]
    CONSUME.must(session, consumed, "code_handle")
    guessed = [
        _columns(each.shown.handle) | {"most": MAX_BAD_TRIES}
        for each in coded
        if each.citizen_id and each.step is None
    ]
    COUNT_BAD_TRIES.ask(session, guessed)
    RECORD.ask(session, [_row(each, at, (orders or {}).get(each.scan_id)) for each in fresh])


def count(session: Session, verified: Sequence[Verified], at: int) -> None:
    """Raise the counters of what was recorded."""
    fresh = [each for each in verified if each.is_fresh]
    raise_verified(session, at, [(each.shown.counted_as, each.result) for each in fresh])


def holders_of(on: Session | Connection, handles: Collection[Handle]) -> Callable[[], dict[Handle, str]]:
    """To whom codes of these handles were displayed, however long ago: no proof that anybody shows them now."""
    heard = HOLDERS.ask(on, [_columns(handle) for handle in handles])
    return lambda: {(row.epoch, row.handle): str(row.citizen_id) for row in heard()}


def _columns(name: Handle | None) -> dict[str, Any]:
    assert name is not None
    return {"epoch": name[0], "handle": name[1]}


def _verdict(code: Code, found: Row[Any], at: int) -> tuple[Verdict, int | None]:
    seed = ankang_code.seed_of(settings().ankang_keys[code.epoch], code.handle)
    return ankang_code.verdict(seed, code, at, found.last_step, found.issued_step)


def _proved(shown_at: int, found: Row[Any]) -> tuple[Verdict, int | None]:
    step = ankang_code.step_at(shown_at)
    return Verdict.ACCEPTED if step > found.last_step else Verdict.CONSUMED, step


def _judge_sheet(shown: Shown, row: Row[Any], at: int) -> Verified:
    """Each scan of a sheet is a fresh one."""
    scan_id, refusal = new_id("scn"), paper.why_not(row, shown.purpose)
    sheet = paper.Sheet(row.sheet_id, row.voucher_id)
    scanned = Scanned(scan_id, row.citizen_id, shown.purpose, None, at, row.name_ct, sheet)
    taken = scanned if refusal is None else None
    return Verified(shown, scan_id, None, row.citizen_id, refusal, taken, sheet_id=row.sheet_id)


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


def _same_again(shown: Shown, held: Codes, found: Row[Any], step: int | None) -> Scanned | None:
    row = held.unused.get((found.epoch, found.handle))
    if row is None or (row.code_step, row.purpose) != (step, shown.purpose):
        return None
    return Scanned(row.id, found.citizen_id, row.purpose, None, row.scanned_at, found.name_ct)


def _row(verified: Verified, at: int, order_no: str | None) -> dict[str, Any]:
    till, code = verified.shown.till, verified.shown.code
    return {
        "epoch": code.epoch if code else None,
        "handle": code.handle if code else None,
        "id": verified.scan_id,
        "step": verified.step,
        "citizen_id": verified.citizen_id,
        "terminal_id": till.terminal_id,
        "merchant_id": till.merchant_id,
        "store_id": till.store_id,
        "purpose": verified.shown.purpose,
        "result": verified.result,
        "order_no": order_no,
        "sheet_id": verified.sheet_id,
        "at": at,
    }
