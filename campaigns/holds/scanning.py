"""The rules look by themselves: a worker judges, under a lease, every merchant that sold something since the last run.

Purchases are read and judged outside of any write; only what a rule names is written, merchant by merchant, and what
another case took meanwhile is left alone. So a till never waits for a scan, however much there is to look at.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, leases, sql
from app.domain.instants import HOUR_MS
from app.extensions import settings
from campaigns.holds import detect
from campaigns.rollups.fold import LAST_NO

JOB = "workers.holds.scan"
TAKE = text(
    "INSERT INTO hold_scan (campaign_id, scanned_no, scanned_at, lease_epoch, lease_until)"
    " VALUES (:campaign_id, 0, 0, 1, :until)"
    " ON CONFLICT (campaign_id) DO UPDATE SET lease_epoch = hold_scan.lease_epoch + 1, lease_until = :until"
    " WHERE hold_scan.lease_until <= :now RETURNING lease_epoch, scanned_no"
)
KEEP = text(
    "UPDATE hold_scan SET lease_until = :until WHERE campaign_id = :campaign_id AND lease_epoch = :epoch"
)
FINISH = text(
    "UPDATE hold_scan SET scanned_no = :to_no, scanned_at = :at, lease_until = 0"
    " WHERE campaign_id = :campaign_id AND lease_epoch = :epoch"
)
SELLERS = text(
    "SELECT DISTINCT merchant_id FROM transfer WHERE campaign_id = :campaign_id AND kind = 'redeem'"
    " AND posting_no > :from_no AND posting_no <= :to_no ORDER BY merchant_id"
)
DUE = text(
    "SELECT p.campaign_id FROM posting_clock p LEFT JOIN hold_scan s ON s.campaign_id = p.campaign_id"
    " WHERE p.last_no > COALESCE(s.scanned_no, 0) AND COALESCE(s.scanned_at, 0) <= :before"
    " AND COALESCE(s.lease_until, 0) <= :now ORDER BY p.campaign_id"
)


class Run(NamedTuple):
    """One look through the postings `(from_no, to_no]` of a campaign, under its epoch."""

    campaign_id: str
    epoch: int
    from_no: int
    to_no: int


def due(now: int) -> list[str]:
    """Campaigns in which something was posted since a run that is long enough ago; none where HOLD_SCAN_HOURS is 0."""
    hours = settings().hold_scan_hours
    if not hours:
        return []
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now, "before": now - hours * HOUR_MS}))


def scan(campaign_id: str) -> str:
    """Judge whoever sold something since the last run. A second run finds nothing to do and says so."""
    run = sql.write(partial(_take, campaign_id=campaign_id))
    if run is None:
        return f"{campaign_id}: nothing to do"
    try:
        opened = sum(_scan_merchant(run, merchant_id) for merchant_id in _sellers(run))
        sql.write(partial(_finish, run=run))
    except leases.LeaseLost:
        return f"{campaign_id}: taken over"
    return f"{campaign_id}: {opened} cases opened"


def _take(session: Session, campaign_id: str) -> Run | None:
    now = clock.database_now(session)
    taken = {"campaign_id": campaign_id, "now": now, "until": leases.until(now)}
    # Read before the lease is taken: what is posted later is the next run's.
    to_no = session.scalar(LAST_NO, taken) or 0
    row = session.execute(TAKE, taken).one_or_none()
    return None if row is None else Run(campaign_id, row.lease_epoch, row.scanned_no, to_no)


def _sellers(run: Run) -> list[str]:
    with sql.reading() as session:
        return list(session.scalars(SELLERS, run._asdict()))


def _scan_merchant(run: Run, merchant_id: str) -> int:
    with sql.reading() as session:
        found = detect.judged(detect.purchases(session, run.campaign_id, merchant_id))
    return sql.write(partial(_open, run=run, found=found))


def _open(session: Session, run: Run, found: list[detect.Suspicion]) -> int:
    now = clock.database_now(session)
    if not sql.changed_one(session, KEEP, {**run._asdict(), "until": leases.until(now)}):
        raise leases.LeaseLost
    return len(detect.open_cases(session, found, actor_id=None))


def _finish(session: Session, run: Run) -> None:
    finished = {**run._asdict(), "at": clock.database_now(session)}
    if not sql.changed_one(session, FINISH, finished):
        raise leases.LeaseLost
