"""One row per order number, where redemption and reversal meet (design 3.2).

`refused` may become `redeemed` or `reversed`; `redeemed` only `reversed`; `reversed` is the end, also when the
reversal arrived first. With two tables both could commit under READ COMMITTED; here they wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import sql
from app.domain.refusals import Refusal

# A row that is made here is stamped by the decision, which takes or refuses every order that was locked.
LOCK = sql.SetWise(
    "INSERT INTO orders (merchant_id, order_no, state, changed_at) SELECT merchant_id, order_no, 'refused', 0"
    " FROM {items} WHERE true ORDER BY merchant_id, order_no"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET changed_at = orders.changed_at"
    " RETURNING merchant_id, order_no, state",
    merchant_id="text",
    order_no="text",
)
LOCK_KNOWN = sql.SetWise(
    "SELECT o.merchant_id, o.order_no, o.state FROM {items} JOIN orders o ON o.merchant_id = item.merchant_id"
    " AND o.order_no = item.order_no ORDER BY o.merchant_id, o.order_no",
    lock="o",
    merchant_id="text",
    order_no="text",
)
# Fence: a number is new, or was only refused so far. Who is faster with a new one makes the other decide again.
TAKE = sql.SetWise(
    "INSERT INTO orders (merchant_id, order_no, state, redemption_id, changed_at)"
    " SELECT merchant_id, order_no, 'redeemed', redemption_id, at FROM {items} WHERE true"
    " ORDER BY merchant_id, order_no ON CONFLICT (merchant_id, order_no) DO UPDATE SET state = 'redeemed',"
    " redemption_id = excluded.redemption_id, refusal = NULL, changed_at = excluded.changed_at"
    " WHERE orders.state = 'refused'",
    merchant_id="text",
    order_no="text",
    redemption_id="text",
    at="bigint",
)
REFUSE = sql.SetWise(
    "INSERT INTO orders (merchant_id, order_no, state, refusal, changed_at)"
    " SELECT merchant_id, order_no, 'refused', refusal, at FROM {items} WHERE true ORDER BY merchant_id, order_no"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET refusal = excluded.refusal,"
    " changed_at = excluded.changed_at WHERE orders.state = 'refused'",
    merchant_id="text",
    order_no="text",
    refusal="text",
    at="bigint",
)
REVERSE = text(
    "INSERT INTO orders (merchant_id, order_no, state, reason, changed_at)"
    " VALUES (:merchant_id, :order_no, 'reversed', :reason, :at) ON CONFLICT (merchant_id, order_no) DO UPDATE"
    " SET state = 'reversed', reason = excluded.reason, changed_at = excluded.changed_at"
    " WHERE orders.state <> 'reversed' RETURNING redemption_id"
)
FIND = text(
    "SELECT state, refusal, reason, redemption_id, changed_at FROM orders"
    " WHERE merchant_id = :merchant_id AND order_no = :order_no"
)
TAKEN = {"redeemed": Refusal.ORDER_EXISTS, "reversed": Refusal.ORDER_REVERSED}
Name = tuple[str, str]  # merchant and order number


def lock(session: Session, names: Iterable[Name]) -> Callable[[], dict[Name, Refusal]]:
    """Hold the rows of these orders until COMMIT, new ones too: nobody else has to do with them meanwhile.

    Tells which numbers are already redeemed or reversed.
    """
    return _locked(session, LOCK, names)


def lock_known(session: Session, names: Iterable[Name]) -> Callable[[], dict[Name, Refusal]]:
    """`lock` of the rows that are there: a new number is written once, by `take` or `refuse`, which are its fence."""
    return _locked(session, LOCK_KNOWN, names)


def _locked(
    session: Session, statement: sql.SetWise, names: Iterable[Name]
) -> Callable[[], dict[Name, Refusal]]:
    heard = statement.ask(session, [_columns(name) for name in names])
    return lambda: _taken(heard())


def _taken(rows: Iterable[Row[Any]]) -> dict[Name, Refusal]:
    return {(row.merchant_id, row.order_no): TAKEN[row.state] for row in rows if row.state in TAKEN}


def take(session: Session, redeemed: Mapping[Name, str], at: int) -> None:
    """Make orders redeemed, each by its redemption. Raises LostRace where one no longer may be."""
    rows = [{**_columns(name), "redemption_id": by, "at": at} for name, by in redeemed.items()]
    TAKE.must(session, rows, "orders")


def refuse(session: Session, refused: Mapping[Name, Refusal], at: int) -> None:
    """Remember why orders were refused, so that a query by their number is final."""
    rows = [{**_columns(name), "refusal": why.code, "at": at} for name, why in refused.items()]
    REFUSE.ask(session, rows)


def _columns(name: Name) -> dict[str, str]:
    return {"merchant_id": name[0], "order_no": name[1]}


def reverse(session: Session, name: Name, reason: str, at: int) -> Row[Any] | None:
    """Make the order reversed and return what to undo (`redemption_id` or None); None when it already was."""
    return session.execute(REVERSE, {**_columns(name), "reason": reason, "at": at}).one_or_none()


def find(session: Session, merchant_id: str, order_no: str) -> Row[Any] | None:
    """The order's row: state, refusal, reason of its reversal, redemption, instant of the last change."""
    return session.execute(FIND, {"merchant_id": merchant_id, "order_no": order_no}).one_or_none()
