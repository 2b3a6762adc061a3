"""Issuing a released list: some rows a transaction, each row's voucher and its reference in the same one.

A row that has its voucher is `issued` and never asked for again: however often a worker is killed or a COMMIT
reply is lost, every good row gets exactly one voucher.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from sqlalchemy import CursorResult, Row, bindparam, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.campaign import State
from app.domain.refusals import Refusal
from app.domain.target_row import Reason
from app.vouchers.grant import Ask, Issued, grant
from campaigns.states import campaign_state
from campaigns.targets.lease import Lease, advance

ROWS_AT_ONCE = 1_000
NEXT_ROWS = text(
    "SELECT r.row_no, r.citizen_id, c.status FROM target_row r JOIN citizen c ON c.id = r.citizen_id"
    " WHERE r.list_id = :list_id AND r.result = 'good' ORDER BY r.row_no LIMIT :most"
)
# By (batch, citizen) a voucher is found fast; the ids make sure that it is one of this transaction's.
MARK_ISSUED = text(
    "UPDATE target_row SET result = 'issued', voucher_id = v.id FROM voucher v"
    " WHERE target_row.list_id = :list_id AND target_row.row_no IN :row_nos AND target_row.result = 'good'"
    " AND v.batch_id = :batch_id AND v.citizen_id = target_row.citizen_id AND v.id IN :voucher_ids"
).bindparams(bindparam("row_nos", expanding=True), bindparam("voucher_ids", expanding=True))
MARK_REFUSED = text(
    "UPDATE target_row SET result = :reason WHERE list_id = :list_id AND row_no IN :row_nos AND result = 'good'"
).bindparams(bindparam("row_nos", expanding=True))
# The gate may not count what it did not admit: it is set anew from SQL after the issue.
SHUT_GATE = text("UPDATE batch SET gate_epoch = gate_epoch + 1 WHERE id = :batch_id")
FINISH = text(
    "UPDATE target_list SET state = 'issued', issued_at = :now, lease_until = 0"
    " WHERE id = :list_id AND state = 'released' AND lease_epoch = :epoch"
)


def issue(lease: Lease) -> bool:
    """Issue every good row that is left; False when the campaign is paused. Raises LeaseLost."""
    while sql.write(partial(_issue_some, lease=lease)):
        pass
    return sql.write(partial(_finish, lease=lease))


def _issue_some(session: Session, lease: Lease) -> bool:
    """The next rows in one transaction. False when there is nothing (more) to do now."""
    asked = {"list_id": lease.list_id, "most": ROWS_AT_ONCE}
    rows = session.execute(NEXT_ROWS, asked).all()
    state = campaign_state(session, lease.batch_id)
    if not rows or state == State.PAUSED:
        return False
    advance(session, lease, rows[-1].row_no)
    if state == State.APPROVED:
        _grant(session, lease, rows)
    else:
        _refuse(session, lease, {Reason.CLOSED: [row.row_no for row in rows]})
    # the batch's row is ours since the grant, so a pause was either seen before it or waits for this COMMIT
    if campaign_state(session, lease.batch_id) != state:
        raise sql.LostRace("campaign")
    return True


def _grant(session: Session, lease: Lease, rows: Sequence[Row[Any]]) -> None:
    at = clock.database_now(session)
    active = [row for row in rows if row.status == "active"]
    refused: dict[str, list[int]] = defaultdict(list)
    refused[Reason.SUSPENDED] += [row.row_no for row in rows if row.status != "active"]
    issued: dict[int, str] = {}
    granted = grant(session, [Ask(row.citizen_id, lease.batch_id, at) for row in active])
    session.execute(SHUT_GATE, {"batch_id": lease.batch_id})
    for row, outcome in zip(active, granted, strict=True):
        if isinstance(outcome, Issued):
            issued[row.row_no] = outcome.voucher_id
        elif isinstance(outcome, Refusal):  # without an epoch there is no stale one
            refused[outcome.code].append(row.row_no)
    _mark_issued(session, lease, issued)
    _refuse(session, lease, refused)


def _mark_issued(session: Session, lease: Lease, issued: dict[int, str]) -> None:
    if not issued:
        return
    values = {"row_nos": list(issued), "voucher_ids": list(issued.values())}
    named = {"list_id": lease.list_id, "batch_id": lease.batch_id}
    marked = cast("CursorResult[Any]", session.execute(MARK_ISSUED, {**named, **values}))
    if marked.rowcount != len(issued):
        raise sql.LostRace("target_row")


def _refuse(session: Session, lease: Lease, refused: dict[Any, list[int]]) -> None:
    for reason, row_nos in refused.items():
        if row_nos:
            values = {"list_id": lease.list_id, "reason": str(reason), "row_nos": row_nos}
            session.execute(MARK_REFUSED, values)


def _finish(session: Session, lease: Lease) -> bool:
    """Call the list issued, unless rows are left because the campaign is paused."""
    if session.execute(NEXT_ROWS, {"list_id": lease.list_id, "most": 1}).first():
        return False
    return sql.changed_one(
        session, FINISH, {"list_id": lease.list_id, "epoch": lease.epoch, "now": clock.now()}
    )
