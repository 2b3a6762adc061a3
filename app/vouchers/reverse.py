"""Reversing a redemption (撤销/退券): in full once, also when asked twenty times, also before the redemption arrives.

A part of an order is refunded by `app/vouchers/refund.py`; so is what is left once a part was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, once, outbox, sql
from app.ankang.scan import Till
from app.domain.event import Kind as Event
from app.domain.refusals import Kind, Refused
from app.domain.voucher_state import Act, leads_to
from app.vouchers import approvals, caps, holds, ledger, orders, refund

UNDO_REDEMPTION = text(
    "UPDATE redemption SET state = 'reversed', reversed_at = :at, refunded_fen = order_fen"
    " WHERE id = :redemption_id AND state = 'effective' AND refunded_fen = 0"
)
LOCK_LINES = (
    "SELECT l.id, l.voucher_id, l.campaign_id, l.face_fen, l.subsidy_fen, v.valid_to, r.store_id, r.citizen_id,"
    " r.terminal_id, r.redeemed_at"
    " FROM redemption_line l JOIN voucher v ON v.id = l.voucher_id JOIN redemption r ON r.id = l.redemption_id"
    " WHERE l.redemption_id = :redemption_id ORDER BY v.id"
)
UNDO_LINE = text("UPDATE redemption_line SET effective = :no WHERE id = :id AND effective")
RETURN_VOUCHER = text(
    "UPDATE voucher SET status = :status, version = version + 1 WHERE id = :id AND status = 'redeemed'"
)
FIND_UNDONE = text(
    "SELECT r.id, r.order_fen, r.used_fen, r.reversed_at, l.voucher_id, t.credit FROM redemption r"
    " JOIN redemption_line l ON l.redemption_id = r.id"
    " JOIN transfer t ON t.ref = l.id AND t.kind = 'reverse' WHERE r.id = :redemption_id ORDER BY l.voucher_id"
)


@dataclass(frozen=True)
class Asked:
    """Which order of the till's merchant, how much of it (None: all that is left), why, and who approved it."""

    order_no: str
    reason: str
    refund_fen: int | None = None
    approval_id: str | None = None


def reverse(till: Till, asked: Asked, write: once.Write) -> once.Answer:
    """Undo the redemption of this order number and spend the number for ever, or refund a part of it.

    The first reversal of a whole order returns its vouchers: with their old validity, or expired if that has passed;
    one instant decides, under the voucher's lock. It has the same answer each time. What is held for the order is free
    again. Money moves back by new postings only.

    Raises Refused: APPROVAL_REQUIRED, APPROVAL_INVALID or REFUND_EXCEEDS, and for a part ORDER_NOT_FOUND,
    ORDER_NOT_REDEEMED or ORDER_REVERSED.
    """
    found = once.find(write)
    if found is not None:
        return once.final(found)
    return once.perform(write, lambda session: _answer(session, till, asked))


def _answer(session: Session, till: Till, asked: Asked) -> once.Answer:
    if (
        asked.refund_fen is None
    ):  # a number not seen before is held, too: no redemption slips in past the limit
        orders.lock(session, [(till.merchant_id, asked.order_no)])()
    try:
        redeemed = refund.lock(session, till.merchant_id, asked.order_no)
        if redeemed is not None:
            wanted_fen = redeemed.left_fen if asked.refund_fen is None else asked.refund_fen
            approvals.require(session, till, redeemed, wanted_fen, asked.approval_id)
        if redeemed is not None and redeemed.is_part(asked.refund_fen):
            return refund.perform(session, till, redeemed, asked.refund_fen, asked.reason)
        if redeemed is None and asked.refund_fen is not None:
            refund.refuse(session, till.merchant_id, asked.order_no)
    except Refused as refused:
        if refused.refusal.kind is not Kind.DECIDED:
            raise
        return once.Answer.refused(refused)
    return _undo(session, till, asked.order_no, asked.reason)


def _undo(session: Session, till: Till, order_no: str, reason: str) -> once.Answer:
    order = orders.reverse(session, (till.merchant_id, order_no), reason, clock.database_now(session))
    if order is None:
        return once.Answer(200, shown(session, till.merchant_id, order_no))
    holds.free(session, till.merchant_id, order_no)
    if order.redemption_id is not None:
        _undo_redemption(session, till, order.redemption_id)
    return once.Answer(201, shown(session, till.merchant_id, order_no), order.redemption_id)


def _undo_redemption(session: Session, till: Till, redemption_id: str) -> None:
    named = {"redemption_id": redemption_id}
    lines = session.execute(text(LOCK_LINES + sql.row_lock(session, "v")), named).all()
    at = clock.database_now(session)
    if not sql.changed_one(session, UNDO_REDEMPTION, {**named, "at": at}):
        raise sql.LostRace("redemption")
    postings = []
    for line in lines:
        act = Act.RETURN if at < line.valid_to else Act.LAPSE
        _undo_line(session, line, act)
        postings += _postings(line, till, act)
    first = lines[0]
    payer = caps.Payer(first.citizen_id, first.terminal_id, till.merchant_id, clock.day(first.redeemed_at))
    caps.give_back(session, payer, [(line.campaign_id, line.subsidy_fen) for line in lines])
    ledger.post(session, postings, at)
    outbox.tell(session, Event.REVERSED, [redemption_id], at)
    outbox.tell(session, Event.EXPIRED, [line.voucher_id for line in lines if at >= line.valid_to], at)


def _undo_line(session: Session, line: Row[Any], act: Act) -> None:
    if not sql.changed_one(session, UNDO_LINE, {"id": line.id, "no": False}):
        raise sql.LostRace("redemption_line")
    if not sql.changed_one(session, RETURN_VOUCHER, {"id": line.voucher_id, "status": leads_to(act).value}):
        raise sql.LostRace("voucher")


def _postings(line: Row[Any], till: Till, act: Act) -> list[ledger.Transfer]:
    """Both parts of the face go back to `issued`, or to `released` where the voucher has expired meanwhile."""
    home = "issued" if act is Act.RETURN else "released"
    rest = (
        line.face_fen - line.subsidy_fen if act is Act.RETURN else 0
    )  # what was forfeited is released already
    whom = (till.merchant_id, line.store_id)
    return [
        ledger.Transfer(line.campaign_id, "reverse", line.id, "payable", home, line.subsidy_fen, *whom),
        ledger.Transfer(line.campaign_id, "unforfeit", line.id, "released", "issued", rest, *whom),
    ]


def shown(session: Session, merchant_id: str, order_no: str) -> dict[str, Any]:
    """What became of a reversed order; the same for whoever asks and however often."""
    order = orders.find(session, merchant_id, order_no)
    assert order is not None
    undone = session.execute(FIND_UNDONE, {"redemption_id": order.redemption_id}).all()
    at = undone[0].reversed_at if undone else order.changed_at
    order_fen, used_fen = (undone[0].order_fen, undone[0].used_fen) if undone else (0, 0)
    return {
        "order_no": order_no,
        "state": "reversed",
        "redemption_id": order.redemption_id,
        "refund_id": None,
        "reversed_fen": order_fen,
        "customer_gets_fen": order_fen - used_fen,
        "subsidy_returned_fen": used_fen,
        "refunded_fen": order_fen,
        "refundable_fen": 0,
        "returned": [row.voucher_id for row in undone if row.credit == "issued"],
        "expired": [row.voucher_id for row in undone if row.credit == "released"],
        "reason": order.reason,
        "reversed_at": clock.iso(at),
    }
