"""What stands in the files: postings of redemptions, or the flows of each hour. No citizen is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock
from app.models import ExportJob
from campaigns.figures import Figures
from campaigns.rollups import sources
from campaigns.statistics import shanghai

AT_ONCE = 2_000
_PLACES = " LEFT JOIN store s ON s.id = {store} LEFT JOIN merchant m ON m.id = {merchant}"
# Postings are never changed, and the numbers up to the bound are all there: whoever goes on writes the same file.
POSTINGS = text(
    "SELECT t.posting_no, t.posted_at, t.kind, r.order_no, r.id AS redemption_id, b.name AS batch, m.name AS merchant,"
    f" m.category, s.name AS store, s.area, {sources.GAINED} AS subsidy_fen,"
    " CASE t.kind WHEN 'redeem' THEN l.order_share_fen WHEN 'reverse' THEN -l.order_share_fen"
    " ELSE -n.refund_fen END AS direct_fen FROM transfer t"
    " LEFT JOIN refund_line n ON t.kind = 'refund' AND n.id = t.ref"
    " LEFT JOIN redemption_line l ON l.id = CASE t.kind WHEN 'refund' THEN n.line_id ELSE t.ref END"
    " LEFT JOIN redemption r ON r.id = l.redemption_id LEFT JOIN batch b ON b.id = l.batch_id"
    f"{_PLACES.format(store='t.store_id', merchant='t.merchant_id')}"
    " WHERE t.campaign_id = :campaign_id AND t.posting_no > :after_no AND t.posting_no <= :to_no"
    " ORDER BY t.posting_no LIMIT :at_once"
)
# Refunds that gave back no subsidy have no posting.
UNPOSTED = text(
    "SELECT n.id, f.refunded_at AS posted_at, 'refund' AS kind, r.order_no, r.id AS redemption_id, b.name AS batch,"
    " m.name AS merchant, m.category, s.name AS store, s.area, 0 AS subsidy_fen, -n.refund_fen AS direct_fen"
    " FROM refund_line n JOIN redemption_line l ON l.id = n.line_id JOIN refund f ON f.id = n.refund_id"
    " JOIN redemption r ON r.id = l.redemption_id JOIN batch b ON b.id = l.batch_id"
    f"{_PLACES.format(store='r.store_id', merchant='r.merchant_id')}"
    " WHERE l.campaign_id = :campaign_id AND n.subsidy_fen = 0 AND n.id > :after_id AND n.id < :before_id"
    " ORDER BY n.id LIMIT :at_once"
)
HEAD = {
    "redemptions": (
        "时间 at",
        "类型 kind",
        "订单号 order_no",
        "核销 redemption_id",
        "批次 batch",
        "商户 merchant",
        "类别 category",
        "门店 store",
        "区域 area",
        "补贴（分）subsidy_fen",
        "直接消费（分）direct_fen",
    ),
    "hours": ("时间 hour", "批次 batch_id", *sources.SUMMED),
}
TEXTS = ("kind", "order_no", "redemption_id", "batch", "merchant", "category", "store", "area")


@dataclass(frozen=True)
class Page:
    """Some rows, their sums, and how far they go: up to a number and an id; `is_last` when nothing comes after them."""

    rows: Sequence[Sequence[str | int]]
    subsidy_fen: int
    direct_fen: int
    after_no: int
    after_id: str
    is_last: bool


def next_page(session: Session, job: ExportJob) -> Page:
    """The rows that follow those which are written."""
    return PAGES[job.kind](session, job)


def _redemptions(session: Session, job: ExportJob) -> Page:
    bounds = {
        "campaign_id": job.campaign_id,
        "at_once": AT_ONCE,
        "to_no": job.to_no,
        "after_no": job.after_no,
    }
    if job.after_no < job.to_no:
        found = session.execute(POSTINGS, bounds).all()
        earned = [row for row in found if row.kind in sources.EARNED]
        after_no = found[-1].posting_no if len(found) == AT_ONCE else job.to_no
        return _page(earned, after_no, job.after_id, is_last=False)
    asked = {"after_id": job.after_id or "rfl_", "before_id": job.id.replace("exp_", "rfl_")}
    found = session.execute(UNPOSTED, bounds | asked).all()
    after_id = found[-1].id if found else job.after_id
    return _page(found, job.to_no, after_id, is_last=len(found) < AT_ONCE)


def _page(found: Sequence[Row[Any]], after_no: int, after_id: str, *, is_last: bool) -> Page:
    rows = [
        (
            clock.iso(row.posted_at),
            *(str(getattr(row, name) or "") for name in TEXTS),
            row.subsidy_fen,
            row.direct_fen,
        )
        for row in found
    ]
    return Page(rows, _sum(found, "subsidy_fen"), _sum(found, "direct_fen"), after_no, after_id, is_last)


def _sum(found: Sequence[Row[Any]], name: str) -> int:
    return sum(int(getattr(row, name)) for row in found)


def _hours(session: Session, job: ExportJob) -> Page:
    hours = Figures(session, job.campaign_id).hours
    rows = [
        (clock.iso(shanghai(row.hour)), row.batch_id, *(int(getattr(row, name)) for name in sources.SUMMED))
        for row in sorted(hours, key=lambda row: (int(row.hour), str(row.batch_id)))
    ]
    return Page(rows, _sum(hours, "subsidy_fen"), _sum(hours, "direct_fen"), job.to_no, "", is_last=True)


PAGES: dict[str, Callable[[Session, ExportJob], Page]] = {"redemptions": _redemptions, "hours": _hours}
