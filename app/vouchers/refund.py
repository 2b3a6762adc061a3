"""Refunding a part of an order (部分退款): its vouchers stay redeemed, money moves back to the fen.

The order's row is locked first, as for a reversal of the whole, then the redemption's: whoever refunds the same order
waits there and sees what was refunded before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, once, outbox, sql
from app.ankang.scan import Till
from app.domain import refund as rules
from app.domain.event import Kind
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Refund
from app.vouchers import caps, ledger, orders

LOCK_ORDER = (
    "SELECT o.state, o.redemption_id FROM orders o"
    " WHERE o.merchant_id = :merchant_id AND o.order_no = :order_no"
)
LOCK_REDEMPTION = (
    "SELECT r.id, r.order_no, r.store_id, r.order_fen, r.refunded_fen, r.citizen_id, r.terminal_id, r.redeemed_at"
    " FROM redemption r"
    " WHERE r.id = :redemption_id"
)
LINES = text(
    "SELECT id, campaign_id, order_share_fen, subsidy_fen, refunded_fen, returned_fen FROM redemption_line"
    " WHERE redemption_id = :redemption_id ORDER BY id"
)
# Fence: never more than the order, and by nobody who has not seen what was refunded before.
TAKE_PART = text(
    "UPDATE redemption SET refunded_fen = refunded_fen + :refund_fen WHERE id = :redemption_id AND state = 'effective'"
    " AND refunded_fen = :before AND refunded_fen + :refund_fen <= order_fen"
)
TAKE_OFF_LINE = text(
    "UPDATE redemption_line SET refunded_fen = refunded_fen + :refund_fen, returned_fen = returned_fen + :subsidy_fen"
    " WHERE id = :line_id AND effective"
)
ADD = text(
    "INSERT INTO refund (id, redemption_id, number, terminal_id, refund_fen, customer_fen, subsidy_fen, reason,"
    " refunded_at) SELECT :id, r.id, 1 + (SELECT COUNT(*) FROM refund f WHERE f.redemption_id = r.id), :terminal_id,"
    " :refund_fen, :customer_fen, :subsidy_fen, :reason, :at FROM redemption r WHERE r.id = :redemption_id"
)
ADD_LINE = text(
    "INSERT INTO refund_line (id, refund_id, line_id, refund_fen, subsidy_fen)"
    " VALUES (:id, :refund_id, :line_id, :refund_fen, :subsidy_fen)"
)
OF_REDEMPTION = text(
    "SELECT id, refund_fen, customer_fen, subsidy_fen, reason, refunded_at FROM refund"
    " WHERE redemption_id = :redemption_id ORDER BY number"
)


@dataclass(frozen=True)
class Redeemed:
    """An effective redemption, locked, as a refund sees it. Amounts in fen, `redeemed_at` in epoch ms."""

    redemption_id: str
    order_no: str
    store_id: str
    order_fen: int
    refunded_fen: int
    citizen_id: str
    terminal_id: str
    redeemed_at: int

    @property
    def left_fen(self) -> int:
        """What of the order is not refunded yet."""
        return self.order_fen - self.refunded_fen

    def is_part(self, asked_fen: int | None) -> bool:
        """Whether this is no reversal of the whole: less or more than the order, or what is left after another part."""
        return self.refunded_fen > 0 or asked_fen not in (None, self.order_fen)


def lock(session: Session, merchant_id: str, order_no: str) -> Redeemed | None:
    """Hold the order and its effective redemption until COMMIT; None where there is none."""
    name = {"merchant_id": merchant_id, "order_no": order_no}
    order = session.execute(text(LOCK_ORDER + sql.row_lock(session, "o")), name).one_or_none()
    if order is None or order.state != "redeemed":
        return None
    locked = text(LOCK_REDEMPTION + sql.row_lock(session, "r"))
    row = session.execute(locked, {"redemption_id": order.redemption_id}).one()
    return Redeemed(*row)


def refuse(session: Session, merchant_id: str, order_no: str) -> None:
    """Say why no part of this order can be refunded. Raises Refused."""
    order = orders.find(session, merchant_id, order_no)
    if order is None:
        raise Refused(Refusal.ORDER_NOT_FOUND)
    raise Refused(Refusal.ORDER_REVERSED if order.state == "reversed" else Refusal.ORDER_NOT_REDEEMED)


def perform(
    session: Session, till: Till, redeemed: Redeemed, asked_fen: int | None, reason: str
) -> once.Answer:
    """Refund so much of a locked redemption, or all that is left. Raises Refused(REFUND_EXCEEDS)."""
    lines = session.execute(LINES, {"redemption_id": redeemed.redemption_id}).all()
    parts = [
        rules.Part(row.id, row.order_share_fen, row.subsidy_fen, row.refunded_fen, row.returned_fen)
        for row in lines
    ]
    given = rules.refund(redeemed.order_fen, parts, redeemed.left_fen if asked_fen is None else asked_fen)
    at, refund_id = clock.database_now(session), new_id("rfd")
    _record(session, till, redeemed, given, {"id": refund_id, "reason": reason, "at": at})
    campaigns = {row.id: row.campaign_id for row in lines}
    postings = [
        _add_line(session, refund_id, line, campaigns[line.line_id], (till.merchant_id, redeemed.store_id))
        for line in given.lines
    ]
    payer = caps.Payer(
        redeemed.citizen_id, redeemed.terminal_id, till.merchant_id, clock.day(redeemed.redeemed_at)
    )
    caps.give_back(session, payer, [(campaigns[line.line_id], line.subsidy_fen) for line in given.lines])
    ledger.post(session, postings, at)
    outbox.tell(session, Kind.REFUNDED, [refund_id], at)
    shown = _shown(redeemed, given, refund_id) | {"reason": reason, "reversed_at": clock.iso(at)}
    return once.Answer(201, shown, redeemed.redemption_id)


def _record(
    session: Session, till: Till, redeemed: Redeemed, given: rules.Refund, row: dict[str, Any]
) -> None:
    amounts = {
        "refund_fen": given.refund_fen,
        "customer_fen": given.customer_fen,
        "subsidy_fen": given.subsidy_fen,
    }
    of = {"redemption_id": redeemed.redemption_id}
    before = {"before": redeemed.refunded_fen, "refund_fen": given.refund_fen}
    if not sql.changed_one(session, TAKE_PART, of | before):
        raise sql.LostRace("redemption")
    session.execute(ADD, row | of | amounts | {"terminal_id": till.terminal_id})


def _add_line(
    session: Session, refund_id: str, line: rules.LineRefund, campaign_id: str, whom: tuple[str, str]
) -> ledger.Transfer:
    row = {"line_id": line.line_id, "refund_fen": line.refund_fen, "subsidy_fen": line.subsidy_fen}
    if not sql.changed_one(session, TAKE_OFF_LINE, row):
        raise sql.LostRace("redemption_line")
    ref = new_id("rfl")
    session.execute(ADD_LINE, row | {"id": ref, "refund_id": refund_id})
    return ledger.Transfer(campaign_id, "refund", ref, "payable", "released", line.subsidy_fen, *whom)


def _shown(redeemed: Redeemed, given: rules.Refund, refund_id: str) -> dict[str, Any]:
    refunded = redeemed.refunded_fen + given.refund_fen
    return {
        "order_no": redeemed.order_no,
        "state": "redeemed",
        "redemption_id": redeemed.redemption_id,
        "refund_id": refund_id,
        "reversed_fen": given.refund_fen,
        "customer_gets_fen": given.customer_fen,
        "subsidy_returned_fen": given.subsidy_fen,
        "refunded_fen": refunded,
        "refundable_fen": redeemed.order_fen - refunded,
        "returned": [],
        "expired": [],
    }


def of_redemption(session: Session, redemption_id: str | None) -> list[dict[str, Any]]:
    """The refunds of a redemption, in order."""
    return [shown(row) for row in session.execute(OF_REDEMPTION, {"redemption_id": redemption_id})]


def shown(row: Row[Any] | Refund) -> dict[str, Any]:
    """One refund as tills see it."""
    return {
        "refund_id": row.id,
        "reversed_fen": row.refund_fen,
        "customer_gets_fen": row.customer_fen,
        "subsidy_returned_fen": row.subsidy_fen,
        "reason": row.reason,
        "reversed_at": clock.iso(row.refunded_at),
    }
