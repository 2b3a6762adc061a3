"""The figures of a campaign as of now: what is rolled up, and the short tail of what is not yet.

In one consistent look, so that nothing is counted by both or by neither. It costs hours × batches and days × stores,
whatever the number of redemptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from campaigns.rollups import sources
from campaigns.rollups.fold import UP_TO, between

ALL_NUMBERS = 2**31 - 1
_COLUMNS = ", ".join((*sources.NAME, sources.LATEST, *sources.SUMMED))
_TAIL = f"SELECT {_COLUMNS} FROM ({{rows}}) AS tail WHERE campaign_id = :campaign_id"
_SUMS = ", ".join(f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in sources.SUMMED)
HOURS = text(
    f"SELECT batch_id, hour, MAX({sources.LATEST}) AS {sources.LATEST}, {_SUMS} FROM ("
    f"SELECT {_COLUMNS} FROM batch_hour WHERE campaign_id = :campaign_id"
    f" UNION ALL {_TAIL.format(rows=sources.hours_by_number())}"
    f" UNION ALL {_TAIL.format(rows=sources.hours_by_time())}"
    ") AS happened GROUP BY batch_id, hour ORDER BY batch_id, hour"
)
_BY_STORE = "SELECT store_id, kind, times, fen, direct_fen FROM {rows} WHERE campaign_id = :campaign_id AND hours = 24"
_OF_DAYS = " UNION ALL ".join(
    _BY_STORE.format(rows=rows)
    for rows in (
        "posting_sum",
        f"({sources.stores_by_number()}) AS tail",
        f"({sources.stores_by_time()}) AS tail",
    )
)
STORES = text(
    "SELECT s.id AS store_id, s.name AS store, m.name AS merchant, s.area, m.category, m.is_small, d.redemptions,"
    " d.reversed, d.subsidy_fen, d.direct_fen FROM (SELECT store_id,"
    " CAST(SUM(CASE WHEN kind = 'redeem' THEN times ELSE 0 END) AS BIGINT) AS redemptions,"
    " CAST(SUM(CASE WHEN kind = 'reverse' THEN times ELSE 0 END) AS BIGINT) AS reversed,"
    " CAST(SUM(fen) AS BIGINT) AS subsidy_fen, CAST(SUM(direct_fen) AS BIGINT) AS direct_fen"
    f" FROM ({_OF_DAYS}) AS days WHERE kind IN ({sources.EARNED_LIST}) GROUP BY store_id) AS d"
    " JOIN store s ON s.id = d.store_id JOIN merchant m ON m.id = s.merchant_id ORDER BY d.subsidy_fen DESC, s.id"
)
FOLDED = text("SELECT up_to_no FROM posting_fold WHERE campaign_id = :campaign_id")
BATCHES = text(
    "SELECT id AS batch_id, name, stock, claimed, claim_from FROM batch WHERE campaign_id = :campaign_id ORDER BY id"
)
# Vouchers past their validity that no sweeper has seen yet: few, and found by their own index, not batch by batch.
DUE = text(
    "SELECT MIN(batch_id) AS batch_id, COUNT(*) AS due FROM voucher WHERE status = 'issued' AND valid_to <= :now"
    " AND campaign_id = :campaign_id GROUP BY batch_id || ''"
)


class Figures:
    """What happened in a campaign, by batch and hour, and by store."""

    def __init__(self, session: Session, campaign_id: str) -> None:
        folded = session.scalar(FOLDED, {"campaign_id": campaign_id}) or 0
        named = between(int(session.scalar(UP_TO) or 0), None)
        asked = {"campaign_id": campaign_id, "from_no": folded, "to_no": ALL_NUMBERS, **named}
        self.hours: Sequence[Row[Any]] = session.execute(HOURS, asked).all()
        self.stores: Sequence[Row[Any]] = session.execute(STORES, asked).all()
        self.batches: Sequence[Row[Any]] = session.execute(BATCHES, asked).all()
