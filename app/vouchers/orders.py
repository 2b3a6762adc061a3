"""One row per order number, where redemption and reversal meet (design 3.2).

`refused` may become `redeemed` or `reversed`; `redeemed` only `reversed`; `reversed` is the end, also when the
reversal arrived first. With two tables both could commit under READ COMMITTED; here they wait for each other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import sql
from app.domain.refusals import Refusal, Refused

LOCK = text(
    "INSERT INTO orders (merchant_id, order_no, state, changed_at) VALUES (:merchant_id, :order_no, 'refused', :at)"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET changed_at = orders.changed_at RETURNING state"
)
TAKE = text(
    "UPDATE orders SET state = 'redeemed', redemption_id = :redemption_id, refusal = NULL, changed_at = :at"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no AND state = 'refused'"
)
REFUSE = text(
    "INSERT INTO orders (merchant_id, order_no, state, refusal, changed_at)"
    " VALUES (:merchant_id, :order_no, 'refused', :refusal, :at)"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET refusal = excluded.refusal, changed_at = excluded.changed_at"
    " WHERE orders.state = 'refused'"
)
REVERSE = text(
    "INSERT INTO orders (merchant_id, order_no, state, changed_at) VALUES (:merchant_id, :order_no, 'reversed', :at)"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET state = 'reversed', changed_at = excluded.changed_at"
    " WHERE orders.state <> 'reversed' RETURNING redemption_id"
)
FIND = text(
    "SELECT state, refusal, redemption_id, changed_at FROM orders"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no"
)
TAKEN = {"redeemed": Refusal.ORDER_EXISTS, "reversed": Refusal.ORDER_REVERSED}


def lock(session: Session, merchant_id: str, order_no: str, at: int) -> None:
    """Hold the order's row until COMMIT. Raises Refused when its number is already redeemed or reversed."""
    state = session.scalar(LOCK, {"merchant_id": merchant_id, "order_no": order_no, "at": at})
    if state in TAKEN:
        raise Refused(TAKEN[state])


def take(session: Session, merchant_id: str, order_no: str, redemption_id: str, at: int) -> None:
    """Make the order redeemed. Raises LostRace where it no longer may be."""
    values = {"merchant_id": merchant_id, "order_no": order_no, "redemption_id": redemption_id, "at": at}
    if not sql.changed_one(session, TAKE, values):
        raise sql.LostRace("orders")


def refuse(session: Session, merchant_id: str, order_no: str, refusal: Refusal, at: int) -> None:
    """Remember why this order was refused, so that a query by its number is final."""
    values = {"merchant_id": merchant_id, "order_no": order_no, "refusal": refusal.code, "at": at}
    session.execute(REFUSE, values)


def reverse(session: Session, merchant_id: str, order_no: str, at: int) -> Row[Any] | None:
    """Make the order reversed and return what to undo (`redemption_id` or None); None when it already was."""
    values = {"merchant_id": merchant_id, "order_no": order_no, "at": at}
    return session.execute(REVERSE, values).one_or_none()


def find(session: Session, merchant_id: str, order_no: str) -> Row[Any] | None:
    """The order's row: state, refusal, redemption, instant of the last change."""
    return session.execute(FIND, {"merchant_id": merchant_id, "order_no": order_no}).one_or_none()
