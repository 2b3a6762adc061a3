"""Reserving vouchers for an order (预留), capturing them (完成), giving them back early (释放); ADR 0022.

A reservation asks everything that a redemption asks, by the same code, and takes nothing: no money moves, and no cap of
a day is used. The capture is the ordinary redemption, proved by the scan of the reservation.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import apply, verify
from app.ankang.scan import Till
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.vouchers import holds, orders, redeem
from app.vouchers.holds import Reserved
from app.vouchers.paid import Paid
from app.vouchers.redeem import Decided
from app.vouchers.redeeming import Redeeming, Request, hold


def reserve(asked: Request, hold_s: int, write: once.Write) -> once.Answer:
    """Hold vouchers for this order for so many seconds, never longer than the first of them is valid.

    Raises Refused as a redemption would, and ORDER_RESERVED while the number has a reservation that holds.
    """
    redeeming = redeem.read(asked, write)
    return once.perform(write, partial(_reserve, redeeming=redeeming, hold_ms=hold_s * 1000))


def _reserve(session: Session, redeeming: Redeeming, hold_ms: int) -> once.Answer:
    held = hold(session, [redeeming], orders.lock)()
    decided = redeem.judged(redeeming, held)
    standing = holds.latest(session, *redeeming.asked.order_name)
    is_reserved = standing is not None and standing.holds(held.at) and not held.taken
    if standing is not None and is_reserved:
        refused = Refused(Refusal.ORDER_RESERVED, hold_until=clock.iso(standing.hold_until))
        decided = Decided(redeeming, decided.verified, refused)
    verified = redeem.prove(session, [decided], held.at)
    if isinstance(decided.outcome, Paid):
        answer = _hold(session, decided.outcome, hold_ms)
    else:
        answer = decided.answer
        if not is_reserved:  # what the number is remembered for stays with the standing reservation
            redeem.refuse(session, [decided], held.at)
    verify.count(session, verified, held.at)
    return answer


def _hold(session: Session, granted: Paid, hold_ms: int) -> once.Answer:
    """What a query by the number says once the hold is over is written now: nothing has to run then."""
    till, vouchers = granted.till, [line.held for line in granted.lines]
    made = Reserved(
        reservation_id=new_id("rsv"),
        order_no=granted.order_no,
        terminal_id=till.terminal_id,
        scan_id=granted.scanned.scan_id,
        reserved_at=granted.at,
        hold_until=min(granted.at + hold_ms, *(each.valid_to for each in vouchers)),
        released_at=None,
        voucher_ids=sorted(each.voucher_id for each in vouchers),
    )
    orders.refuse(session, {(till.merchant_id, made.order_no): Refusal.RESERVATION_EXPIRED}, granted.at)
    holds.add(session, till.merchant_id, granted.scanned.citizen_id, made)
    scanned = granted.scanned
    amounts = {
        "order_fen": granted.order.order_fen,
        "discount_fen": granted.used_fen,
        "customer_pays_fen": granted.order.order_fen - granted.used_fen,
        "holder": apply.masked(scanned.citizen_id, scanned.name_ct),
    }
    return once.Answer(201, shown(made, "held") | amounts, made.reservation_id)


def capture(till: Till, order_no: str, order: Order, is_confirmed: bool, write: once.Write) -> once.Answer:
    """Redeem all vouchers that are held for this order, by its final amounts and the rules of this moment.

    Raises Refused as a redemption would, RESERVATION_EXPIRED and RESERVATION_RELEASED, and RESERVATION_NOT_FOUND where
    this terminal reserved no such order.
    """
    found = once.find(write)  # it never changes, whoever has reserved the number since
    if found is not None:
        return once.final(found)
    with sql.reading() as session:
        reserved = holds.latest(session, till.merchant_id, order_no)
    if reserved is None or reserved.terminal_id != till.terminal_id:
        raise Refused(Refusal.RESERVATION_NOT_FOUND)
    asked = Request(till, None, None, reserved.voucher_ids, order_no, order, is_confirmed, reserved)
    return redeem.redeem(asked, write)


def release(till: Till, order_no: str, write: once.Write) -> once.Answer:
    """Give the vouchers of this order back before its hold ends; every till of the merchant may. Safe to repeat.

    Raises Refused: RESERVATION_NOT_FOUND, ORDER_EXISTS once it was captured, ORDER_REVERSED.
    """
    return once.perform(write, partial(_release, name=(till.merchant_id, order_no)))


def _release(session: Session, name: orders.Name) -> once.Answer:
    if holds.latest(session, *name) is None:
        raise Refused(Refusal.RESERVATION_NOT_FOUND)
    taken = orders.lock(session, [name])()
    if name in taken:
        return once.Answer.refused(Refused(taken[name]))
    was_held, at = holds.free(session, *name), clock.database_now(session)
    reserved = holds.latest(session, *name)
    assert reserved is not None
    if was_held and reserved.released_at is not None:
        orders.refuse(session, {name: Refusal.RESERVATION_RELEASED}, reserved.released_at)
    return once.Answer(201, shown(reserved, _state(reserved, "refused", at)), reserved.reservation_id)


def find(session: Session, merchant_id: str, order_no: str, order_state: str) -> dict[str, Any] | None:
    """The last reservation of an order that is in this state, and what has become of it; None where there is none."""
    reserved = holds.latest(session, merchant_id, order_no)
    if reserved is None:
        return None
    return shown(reserved, _state(reserved, order_state, clock.database_now(session)))


def _state(reserved: Reserved, order_state: str, at: int) -> str:
    """What became of the order decides, then whether it was given back, then the instant."""
    if order_state != "refused":
        return order_state
    if reserved.released_at is not None:
        return "released"
    return "held" if reserved.holds(at) else "expired"


def shown(reserved: Reserved, state: str) -> dict[str, Any]:
    """A reservation as tills see it."""
    return {
        "reservation_id": reserved.reservation_id,
        "order_no": reserved.order_no,
        "state": state,
        "voucher_ids": list(reserved.voucher_ids),
        "reserved_at": clock.iso(reserved.reserved_at),
        "hold_until": clock.iso(reserved.hold_until),
    }
