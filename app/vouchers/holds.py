"""Holds: vouchers that pay one order only, until an instant (ADR 0022).

A hold is two columns of the voucher, read and changed under its lock. It ends by the clock: nothing has to run for a
voucher to be free again. The order's row is locked before, so whoever reserves, captures, releases or reverses the same
order comes one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.refusals import Refusal, Refused

SHORTEST_HOLD_S = 10
USUAL_HOLD_S = 300
LONGEST_HOLD_S = 1_800
LATEST = text(
    "SELECT id, order_no, terminal_id, scan_id, reserved_at, hold_until, released_at FROM reservation"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no ORDER BY number DESC LIMIT 1"
)
VOUCHERS = text("SELECT voucher_id FROM reservation_voucher WHERE reservation_id = :id ORDER BY voucher_id")
ADD = text(
    "INSERT INTO reservation (id, merchant_id, order_no, number, terminal_id, scan_id, reserved_at, hold_until)"
    " SELECT :id, o.merchant_id, o.order_no, 1 + (SELECT COUNT(*) FROM reservation r"
    " WHERE r.merchant_id = o.merchant_id AND r.order_no = o.order_no), :terminal_id, :scan_id, :reserved_at,"
    " :hold_until FROM orders o WHERE o.merchant_id = :merchant_id AND o.order_no = :order_no"
)
ADD_VOUCHERS = sql.SetWise(
    "INSERT INTO reservation_voucher (reservation_id, voucher_id) SELECT reservation_id, id FROM {items} WHERE true",
    reservation_id="text",
    id="text",
)
# Fence: an unused voucher of this citizen inside its validity that no other reservation holds, or no row changes.
HOLD = sql.SetWise(
    "UPDATE voucher SET hold_until = item.hold_until, reservation_id = item.reservation_id FROM {items}"
    " WHERE voucher.id = item.id AND voucher.citizen_id = item.citizen_id"
    f" AND {sql.beside_indexes('voucher.status')} = 'issued'"
    " AND voucher.valid_from <= item.at AND item.at < voucher.valid_to AND voucher.hold_until <= item.at",
    id="text",
    citizen_id="text",
    reservation_id="text",
    at="bigint",
    hold_until="bigint",
)
LOCK = sql.SetWise(
    "SELECT v.id FROM {items} JOIN voucher v ON v.id = item.id ORDER BY v.id", lock="v", id="text"
)
FREE = sql.SetWise(
    "UPDATE voucher SET hold_until = 0 FROM {items} WHERE voucher.id = item.id"
    " AND voucher.reservation_id = item.reservation_id",
    id="text",
    reservation_id="text",
)
RELEASE = text(
    "UPDATE reservation SET released_at = :at WHERE id = :id AND released_at IS NULL AND hold_until > :at"
)


@dataclass(frozen=True)
class Reserved:
    """A reservation; nothing of it changes but that it may be given back. Instants are epoch milliseconds."""

    voucher_ids: Sequence[str]
    reservation_id: str
    order_no: str
    terminal_id: str
    scan_id: str
    reserved_at: int
    hold_until: int
    released_at: int | None

    def holds(self, at: int) -> bool:
        """Whether it was neither given back nor has run out."""
        return self.released_at is None and at < self.hold_until

    def require(self, vouchers: Iterable[Row[Any]], at: int) -> None:
        """Every one of these locked rows is still held by it. Raises Refused where time or a release was faster."""
        if at >= self.hold_until:
            raise Refused(Refusal.RESERVATION_EXPIRED, hold_until=clock.iso(self.hold_until))
        if any(row.reservation_id != self.reservation_id or at >= row.hold_until for row in vouchers):
            raise Refused(Refusal.RESERVATION_RELEASED)


def latest(on: Session | Connection, merchant_id: str, order_no: str) -> Reserved | None:
    """The last reservation of this order number, with its vouchers; None where there never was one."""
    row = on.execute(LATEST, {"merchant_id": merchant_id, "order_no": order_no}).one_or_none()
    if row is None:
        return None
    return Reserved(on.execute(VOUCHERS, {"id": row.id}).scalars().all(), *row)


def add(session: Session, merchant_id: str, citizen_id: str, made: Reserved) -> None:
    """Write a reservation and hold its vouchers. Raises LostRace where one is no longer free."""
    row = {
        "id": made.reservation_id,
        "merchant_id": merchant_id,
        "order_no": made.order_no,
        "terminal_id": made.terminal_id,
        "scan_id": made.scan_id,
        "reserved_at": made.reserved_at,
        "hold_until": made.hold_until,
    }
    held = [
        {
            "id": voucher_id,
            "citizen_id": citizen_id,
            "reservation_id": made.reservation_id,
            "at": made.reserved_at,
            "hold_until": made.hold_until,
        }
        for voucher_id in made.voucher_ids
    ]
    session.execute(ADD, row)
    ADD_VOUCHERS.run(session, held)
    HOLD.must(session, held, "voucher")


def free(session: Session, merchant_id: str, order_no: str) -> bool:
    """End the hold of a locked order: its vouchers are free at once. False where nothing was held any more."""
    reserved = latest(session, merchant_id, order_no)
    if reserved is None:
        return False
    rows = [
        {"id": voucher_id, "reservation_id": reserved.reservation_id} for voucher_id in reserved.voucher_ids
    ]
    LOCK.run(session, rows)
    at = clock.database_now(session)
    was_held = sql.changed_one(session, RELEASE, {"id": reserved.reservation_id, "at": at})
    if was_held:
        FREE.run(session, rows)
    return was_held
