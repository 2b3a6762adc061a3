"""The feed: everything that was published, by cursor, for the organizer or for one merchant."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, text

from app import clock, sql
from app.domain import event

COLUMNS = "no, kind, at, is_test, merchant_id, body"
ALL = text(f"SELECT {COLUMNS} FROM event WHERE no > :after ORDER BY no LIMIT :limit")
OF_MERCHANT = text(
    f"SELECT {COLUMNS} FROM event WHERE merchant_id = :merchant_id AND no > :after ORDER BY no LIMIT :limit"
)


def page(merchant_id: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """At most `limit` events behind the cursor, oldest first, and the cursor behind them.

    Without a merchant everything. The cursor is good for ever: whoever goes on from it misses none.
    """
    after = event.number_of(cursor) if cursor else 0
    wanted = {"merchant_id": merchant_id, "after": after, "limit": limit}
    with sql.reading() as session:
        rows = session.execute(ALL if merchant_id is None else OF_MERCHANT, wanted).all()
    last = rows[-1].no if rows else after
    return {
        "items": [shown(row) for row in rows],
        "next_cursor": event.name_of(last),
        "has_more": len(rows) == limit,
    }


def shown(row: Row[Any]) -> dict[str, Any]:
    """An event as everybody who may see it sees it, in the feed and in a webhook."""
    return {
        "event_id": event.name_of(row.no),
        "type": row.kind,
        "at": clock.iso(row.at),
        "is_test": bool(row.is_test),
        "merchant_id": row.merchant_id,
        "data": json.loads(row.body),
    }
