"""Rolled up = a recount from rows (I19): what differs, row by row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from campaigns.rollups import sources
from campaigns.rollups.fold import UP_TO, between


def _differs(
    table: str, name: tuple[str, ...], summed: tuple[str, ...], recounted: list[str], latest: str = ""
) -> str:
    """Stored rows and recounted ones on two sides; the rows whose sides differ, with the difference."""
    columns = [*name, *summed]
    minus = [*name, *(f"-{column}" for column in summed)]
    unequal = [f"SUM({column}) <> 0" for column in summed]
    if latest:  # no sum: both sides say the same instant, one of them with a minus
        columns, minus = [*columns, f"-{latest} AS {latest}"], [*minus, latest]
        unequal.append(f"MAX({latest}) + MIN({latest}) <> 0")
    stored = f"SELECT {', '.join(columns)} FROM {table}"
    sides = " UNION ALL ".join(
        [stored, *(f"SELECT {', '.join(minus)} FROM ({rows}) AS fresh" for rows in recounted)]
    )
    shown = ", ".join(f"CAST(SUM({column}) AS BIGINT) AS {column}" for column in summed)
    return (
        f"SELECT {', '.join(name)}, {shown} FROM ({sides}) AS both_sides GROUP BY {', '.join(name)}"
        f" HAVING {' OR '.join(unequal)}"
    )


HOURS = text(
    _differs(
        "batch_hour",
        sources.NAME,
        sources.SUMMED,
        [sources.hours_by_number(sources.ROLLED_UP), sources.hours_by_time()],
        sources.LATEST,
    )
)
STORES = text(
    _differs(
        "posting_sum",
        sources.OF_STORE,
        sources.MONEY,
        [sources.stores_by_number(sources.ROLLED_UP), sources.stores_by_time()],
    )
)
SPANS = text(
    "SELECT p.campaign_id, p.hours, p.start, p.first_no, p.last_no, s.first_no AS recounted_first,"
    f" s.last_no AS recounted_last FROM posting_span p LEFT JOIN ({sources.spans(sources.ROLLED_UP)}) s"
    " ON s.campaign_id = p.campaign_id AND s.hours = p.hours AND s.start = p.start"
    " WHERE s.first_no IS NULL OR s.first_no <> p.first_no OR s.last_no <> p.last_no"
)
# Flows against states: a way to the same figures that shares no query with the roll-up.
BATCHES = text(
    "SELECT batch_id, SUM(claimed) AS claimed, SUM(expired) AS expired, SUM(revoked) AS revoked,"
    " SUM(verified) AS verified, SUM(reversed) AS reversed, CAST(SUM(subsidy_fen) AS BIGINT) AS subsidy_fen,"
    " CAST(SUM(direct_fen) AS BIGINT) AS direct_fen FROM ("
    + "".join(
        "SELECT batch_id, claimed, expired, revoked, redeemed - reversed AS verified, reversed, subsidy_fen, direct_fen"
        f" FROM {rows} UNION ALL "
        for rows in (
            "batch_hour",
            f"({sources.hours_by_number(sources.NOT_YET)}) AS numbered",
            f"({sources.hours_by_time()}) AS timed",
        )
    )
    + "SELECT batch_id, -1, CASE WHEN status = 'expired' THEN -1 ELSE 0 END,"
    " CASE WHEN status = 'revoked' THEN -1 ELSE 0 END, CASE WHEN status = 'redeemed' THEN -1 ELSE 0 END, 0, 0, 0"
    " FROM voucher UNION ALL SELECT batch_id, 0, 0, 0, 0, CASE WHEN effective THEN 0 ELSE -1 END,"
    " CASE WHEN effective THEN returned_fen - subsidy_fen ELSE 0 END,"
    " CASE WHEN effective THEN refunded_fen - order_share_fen ELSE 0 END FROM redemption_line"
    ") AS both_sides GROUP BY batch_id HAVING SUM(claimed) <> 0 OR SUM(expired) <> 0 OR SUM(revoked) <> 0"
    " OR SUM(verified) <> 0 OR SUM(reversed) <> 0 OR SUM(subsidy_fen) <> 0 OR SUM(direct_fen) <> 0"
)
AHEAD = text(
    "SELECT f.campaign_id, f.up_to_no, p.last_no FROM posting_fold f"
    " LEFT JOIN posting_clock p ON p.campaign_id = f.campaign_id WHERE f.up_to_no > COALESCE(p.last_no, 0)"
)


def differences(session: Session) -> list[dict[str, Any]]:
    """Rows of the roll-up that a recount does not confirm, in one consistent look; none when it is right."""
    named = between(0, int(session.scalar(UP_TO) or 0))
    return [
        {"table": table, **row}
        for table, query, values in (
            ("batch_hour", HOURS, named),
            ("posting_sum", STORES, named),
            ("posting_span", SPANS, {}),
            ("posting_fold", AHEAD, {}),
        )
        for row in session.execute(query, values).mappings()
    ]


def contradictions(session: Session) -> list[dict[str, Any]]:
    """Batches whose figures, rolled up or not, are not those of the states of their vouchers and lines."""
    named = between(int(session.scalar(UP_TO) or 0), None)
    return [{"table": "batch", **row} for row in session.execute(BATCHES, named).mappings()]
