"""The same citizen, shop and amount again within a minute (疑似重复): mostly a till that was asked twice.

The cashier may confirm that it is another purchase; then it passes and is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.scan import TOKEN_LIFE_MS, Till
from app.vouchers.holds import LONGEST_HOLD_S

WITHIN_MS = 60_000
BESIDE_MS = 60_000  # a process's clock may be by so much beside the database's, by which purchases are judged
HOLDERS = sql.SetWise(
    "SELECT c.id FROM {items} JOIN citizen c ON c.id = item.citizen_id ORDER BY c.id",
    lock="c",
    citizen_id="text",
)
# By the citizen's latest scans, which have an index: each redemption is paid by one, that of a captured reservation by
# one that may be as old as a hold is long.
SAME = sql.SetWise(
    "SELECT s.citizen_id, r.redeemed_at FROM {items} JOIN scan s ON s.citizen_id = item.citizen_id"
    f" AND s.scanned_at > item.about - {BESIDE_MS + WITHIN_MS + TOKEN_LIFE_MS + LONGEST_HOLD_S * 1000}"
    " AND s.store_id = item.store_id"
    # by keys alone (ADR 15): the merchant's redemptions have an index that a plan made on an empty table takes for one
    " JOIN orders o ON o.merchant_id = s.merchant_id AND o.order_no = s.order_no"
    " JOIN redemption r ON r.id = o.redemption_id AND r.state = 'effective'"
    f" AND r.order_fen = item.order_fen AND r.redeemed_at > item.about - {BESIDE_MS + WITHIN_MS}",
    citizen_id="text",
    store_id="text",
    order_fen="bigint",
    about="bigint",
)
Purchase = tuple[str, Till, int]  # citizen, till, order amount in fen


def hold(session: Session, citizen_ids: Collection[str]) -> None:
    """Let no other redemption of these citizens happen until COMMIT. SQLite's transaction excludes it already."""
    if session.get_bind().dialect.name == "postgresql":
        HOLDERS.ask(session, [{"citizen_id": citizen_id} for citizen_id in citizen_ids])


def find(session: Session, purchases: Sequence[Purchase]) -> Callable[[int], set[str]]:
    """Whose purchase is a repetition at an instant (epoch ms), by citizen; a citizen is named once at the most."""
    about = clock.now()
    rows = [
        {"citizen_id": citizen_id, "store_id": till.store_id, "order_fen": order_fen, "about": about}
        for citizen_id, till, order_fen in purchases
    ]
    heard = SAME.ask(session, rows)
    return lambda at: {row.citizen_id for row in heard() if row.redeemed_at > at - WITHIN_MS}
