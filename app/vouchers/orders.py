"""One row per order number, where redemption and reversal meet (design 3.2).

`refused` may become `redeemed` or `reversed`; `redeemed` only `reversed`; `reversed` is the end, also when the
reversal arrived first. With two tables both could commit under READ COMMITTED; here they wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import once, sql
from app.domain.refusals import Refusal

# A row that is made here is stamped by the decision, which takes or refuses every order that was locked.
_LOCK = (
    "INSERT INTO orders (merchant_id, order_no, state, changed_at) SELECT merchant_id, order_no, 'refused', 0"
    " FROM {items} WHERE %s ORDER BY merchant_id, order_no"
    " ON CONFLICT (merchant_id, order_no) DO UPDATE SET changed_at = orders.changed_at"
    " RETURNING merchant_id, order_no, state"
)
LOCK = sql.SetWise(_LOCK % "true", merchant_id="text", order_no="text")
# What is known under its key is decided: no order may come to be by it that nobody decides. (An empty body is no answer
# yet: the row of the transaction that asks.)
LOCK_NEW = sql.SetWise(
    _LOCK % "NOT EXISTS (SELECT 1 FROM idempotency i"
    " WHERE i.caller = item.caller AND i.operation = item.operation AND i.key = item.key AND i.body <> '')",
    merchant_id="text",
    order_no="text",
    caller="text",
    operation="text",
    key="text",
)
_OF_ITEM = (
    "orders.merchant_id = item.merchant_id AND orders.order_no = item.order_no AND orders.state = 'refused'"
)
TAKE = sql.SetWise(
    "UPDATE orders SET state = 'redeemed', redemption_id = item.redemption_id, refusal = NULL, changed_at = item.at"
    f" FROM {{items}} WHERE {_OF_ITEM}",
    merchant_id="text",
    order_no="text",
    redemption_id="text",
    at="bigint",
)
REFUSE = sql.SetWise(
    f"UPDATE orders SET refusal = item.refusal, changed_at = item.at FROM {{items}} WHERE {_OF_ITEM}",
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


def lock(session: Session, name: Name) -> dict[Name, Refusal]:
    """Hold the order's row until COMMIT; tells whether its number is already redeemed or reversed."""
    return _taken(LOCK.run(session, [_columns(name)]))


def lock_new(session: Session, wanted: Mapping[Name, once.Write]) -> Callable[[], dict[Name, Refusal]]:
    """`lock` for all orders whose keys are new; tells which numbers are already redeemed or reversed."""
    heard = LOCK_NEW.ask(session, [_columns(name) | write.name for name, write in wanted.items()])
    return lambda: _taken(heard())


def _taken(rows: Iterable[Row[Any]]) -> dict[Name, Refusal]:
    return {(row.merchant_id, row.order_no): TAKEN[row.state] for row in rows if row.state in TAKEN}


def take(session: Session, redeemed: Mapping[Name, str], at: int) -> None:
    """Make locked orders redeemed, each by its redemption. Raises LostRace where one no longer may be."""
    rows = [{**_columns(name), "redemption_id": by, "at": at} for name, by in redeemed.items()]
    TAKE.must(session, rows, "orders")


def refuse(session: Session, refused: Mapping[Name, Refusal], at: int) -> None:
    """Remember why locked orders were refused, so that a query by their number is final."""
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
