"""The sums of an interval of posting numbers: whole days and hours from the roll-up, the rest from the postings.

So closing costs what its merchants are, however many redemptions they had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.orm import Session

from campaigns.rollups import sources
from campaigns.rollups.fold import hold

SPANS = text(
    "SELECT hours, start, first_no, last_no FROM posting_span WHERE campaign_id = :campaign_id"
    " AND first_no > :from_no AND last_no <= :to_no ORDER BY hours DESC, start"
)
OF_SPANS = text(
    "SELECT merchant_id, kind, CAST(SUM(times) AS BIGINT) AS times, CAST(SUM(fen) AS BIGINT) AS fen FROM posting_sum"
    " WHERE campaign_id = :campaign_id AND hours = :hours AND start IN :starts GROUP BY merchant_id, kind"
).bindparams(bindparam("starts", expanding=True))
OF_POSTINGS = text(
    "SELECT merchant_id, kind, COUNT(*) AS times,"
    f" CAST(SUM({sources.GAINED}) AS BIGINT) AS fen FROM transfer t"
    " WHERE campaign_id = :campaign_id AND posting_no > :from_no AND posting_no <= :to_no GROUP BY merchant_id, kind"
)


@dataclass(frozen=True)
class Sum:
    """How often postings of one kind moved a merchant's `payable`, and by how much in all (fen)."""

    merchant_id: str
    kind: str
    times: int
    fen: int


def sums(session: Session, campaign_id: str, from_no: int, to_no: int) -> list[Sum]:
    """What the postings `(from_no, to_no]` did, by merchant and kind, in that order.

    In a write transaction: the roll-up is held until COMMIT, so that its bounds and its sums are one truth.
    """
    hold(session, campaign_id)
    bounds = {"campaign_id": campaign_id, "from_no": from_no, "to_no": to_no}
    days, hours, rest = _covered(session.execute(SPANS, bounds).all(), from_no, to_no)
    found: list[Row[Any]] = []
    for length, spans in ((24, days), (1, hours)):
        if spans:
            starts = [span.start for span in spans]
            asked = {"campaign_id": campaign_id, "hours": length, "starts": starts}
            found += session.execute(OF_SPANS, asked).all()
    for low, high in rest:
        found += session.execute(OF_POSTINGS, {**bounds, "from_no": low, "to_no": high}).all()
    return _added(found)


def recount(session: Session, campaign_id: str, from_no: int, to_no: int) -> list[Sum]:
    """The same from the postings alone."""
    bounds = {"campaign_id": campaign_id, "from_no": from_no, "to_no": to_no}
    return _added(session.execute(OF_POSTINGS, bounds))


def _covered(
    spans: Sequence[Row[Any]], from_no: int, to_no: int
) -> tuple[list[Row[Any]], list[Row[Any]], list[tuple[int, int]]]:
    """Whole days, whole hours outside them, and the numbers in between: together each number once."""
    days = [span for span in spans if span.hours == 24]
    whole = {span.start for span in days}
    hours = [span for span in spans if span.hours == 1 and span.start - span.start % 24 not in whole]
    rest, low = [], from_no
    for span in sorted([*days, *hours], key=lambda each: int(each.first_no)):
        if span.first_no > low + 1:
            rest.append((low, span.first_no - 1))
        low = span.last_no
    if low < to_no:
        rest.append((low, to_no))
    return days, hours, rest


def _added(rows: Iterable[Row[Any]]) -> list[Sum]:
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        times, fen = totals.get((row.merchant_id, row.kind), (0, 0))
        totals[row.merchant_id, row.kind] = times + int(row.times), fen + int(row.fen)
    return [Sum(*name, *total) for name, total in sorted(totals.items())]
