"""What a shop looks up about itself: its terminals, a day's redemptions and their sums."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.instants import DAY_MS, SHANGHAI
from app.models import Redemption, Store, Terminal

# Without what test tills took: that is no money.
SUMS = text(
    "SELECT COUNT(CASE WHEN r.state = 'effective' THEN 1 END) AS count,"
    " CAST(COALESCE(SUM(r.order_fen), 0) AS BIGINT) AS order_fen,"
    " CAST(COALESCE(SUM(r.refunded_fen), 0) AS BIGINT) AS refunded_fen,"
    " CAST(COALESCE(SUM(CASE WHEN r.state = 'effective' THEN r.used_fen ELSE 0 END), 0) AS BIGINT) AS used_fen"
    " FROM redemption r JOIN terminal t ON t.id = r.terminal_id AND NOT t.is_test"
    " WHERE r.merchant_id = :merchant_id AND r.redeemed_at >= :since AND r.redeemed_at < :until"
)


class Day(NamedTuple):
    """A calendar day in Shanghai, and when it begins and ends (epoch ms, the end not in it)."""

    name: str
    since: int
    until: int


def day(asked: str | None) -> Day:
    """The day of this name (`2026-11-26`); today where it is none."""
    today = datetime.fromtimestamp(clock.now() / 1000, SHANGHAI).date()
    try:
        found = date.fromisoformat(asked or "")
    except ValueError:
        found = today
    since = int(datetime(found.year, found.month, found.day, tzinfo=SHANGHAI).timestamp() * 1000)
    return Day(found.isoformat(), since, since + DAY_MS)


def sums(session: Session, merchant_id: str, of: Day) -> dict[str, int]:
    """Redemptions that stand, the order amounts, what vouchers paid, and what was refunded; amounts in fen."""
    wanted = {"merchant_id": merchant_id, "since": of.since, "until": of.until}
    return dict(session.execute(SUMS, wanted).mappings().one())


def terminals(session: Session, merchant_id: str) -> list[dict[str, Any]]:
    """All terminals of the merchant with the names of their stores, oldest first."""
    wanted = (
        select(Terminal, Store.name)
        .join(Store, Store.id == Terminal.store_id)
        .where(Terminal.merchant_id == merchant_id)
        .order_by(Terminal.id)
    )
    return [
        {
            "terminal_id": one.id,
            "store_id": one.store_id,
            "store": store,
            "name": one.name,
            "is_test": bool(one.is_test),
            "status": one.status,
        }
        for one, store in session.execute(wanted)
    ]


def is_test(session: Session, merchant_id: str, order_no: str) -> bool:
    """Whether a test till took this order."""
    wanted = (
        select(Terminal.is_test)
        .join(Redemption, Redemption.terminal_id == Terminal.id)
        .where(Redemption.merchant_id == merchant_id, Redemption.order_no == order_no)
    )
    return bool(session.scalar(wanted))
