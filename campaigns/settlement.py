"""Settlement (结算): a closed interval of posting numbers, summed once, frozen by a hash, approved by a second person.

Closing is a short transaction that no late commit can slip under: it raises the posting clock to the cutoff (and
so waits for the writer in flight), then takes the bounds. Lines are computed by a job, under a lease.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app import clock, leases, once, outbox, sql
from app.domain.event import Kind
from app.domain.refusals import Refusal, Refused
from app.domain.settlement import MerchantLine, fingerprint, merchant_lines
from app.ids import new_id
from app.merchants import bank
from app.merchants.payouts import NOTHING, Line, Payouts
from app.models import Merchant, SettlementBatch, SettlementLine
from campaigns.holds import samples
from campaigns.manage import find_campaign
from campaigns.rollups import interval
from campaigns.rollups.fold import LAST_NO

JOB = "workers.settlement.settle"
CLOSE_CLOCK = text(
    "UPDATE posting_clock SET last_at = CASE WHEN last_at > :cutoff THEN last_at ELSE :cutoff END"
    " WHERE campaign_id = :campaign_id"
)
POSTED_AT = text("SELECT posted_at FROM transfer WHERE campaign_id = :campaign_id AND posting_no = :no")
TAKE_LEASE = text(
    "UPDATE settlement_batch SET lease_epoch = lease_epoch + 1, lease_until = :until"
    " WHERE id = :id AND state = 'opened' AND lease_until <= :now RETURNING lease_epoch, campaign_id, from_no, to_no"
)
FREEZE = text(
    "UPDATE settlement_batch SET state = 'computed', total_fen = :total, lines_sha256 = :sha256, computed_at = :at"
    " WHERE id = :id AND state = 'opened' AND lease_epoch = :lease_epoch"
)
APPROVE = text(
    "UPDATE settlement_batch SET state = 'approved', approver_id = :actor_id, approved_at = :at"
    " WHERE id = :id AND state = 'computed' AND opener_id <> :actor_id AND NOT EXISTS (SELECT 1 FROM settlement_batch e"
    "  WHERE e.campaign_id = settlement_batch.campaign_id AND e.number < settlement_batch.number"
    "  AND e.state IN ('opened', 'computed'))"
)
LINE_FIELDS = {
    "merchant",
    *(each.name for each in fields(MerchantLine)),
    "net_fen",
    *NOTHING,
}
DUE = text(
    "SELECT id FROM settlement_batch WHERE state = 'opened' AND lease_until <= :now ORDER BY opened_at"
)


def open_batch(
    session: Session, campaign_id: str, cutoff: int, opener_id: str, review_percent: int = 0
) -> once.Answer:
    """Close the interval up to `cutoff` (epoch ms). The same cutoff again gives the same batch.

    `review_percent` of its redemptions are drawn for somebody to look at before approval.
    """
    campaign = find_campaign(session, campaign_id)
    if campaign.is_test or campaign.approver_id is None:
        raise Refused(Refusal.WRONG_STATE, state=campaign.state, is_test=campaign.is_test)
    if cutoff > clock.database_now(session):
        raise Refused(Refusal.CUTOFF_INVALID)
    session.execute(CLOSE_CLOCK, {"campaign_id": campaign_id, "cutoff": cutoff})
    earlier = list(
        session.scalars(
            select(SettlementBatch)
            .where(SettlementBatch.campaign_id == campaign_id)
            .order_by(SettlementBatch.number)
        )
    )
    for batch in earlier:
        if batch.cutoff == cutoff:
            return once.Answer(202, shown(session, batch), batch.id)
    if earlier and cutoff < earlier[-1].cutoff:
        raise Refused(Refusal.CUTOFF_INVALID)
    batch = _new_batch(session, campaign_id, cutoff, opener_id, earlier, review_percent)
    return once.Answer(202, shown(session, batch), batch.id)


def _new_batch(
    session: Session,
    campaign_id: str,
    cutoff: int,
    opener_id: str,
    earlier: list[SettlementBatch],
    review_percent: int,
) -> SettlementBatch:
    from_no = earlier[-1].to_no if earlier else 0
    to_no = _last_no_before(session, campaign_id, cutoff)
    batch = SettlementBatch(
        id=new_id("stl"),
        campaign_id=campaign_id,
        number=len(earlier) + 1,
        cutoff=cutoff,
        from_no=from_no,
        to_no=max(from_no, to_no),
        state="opened",
        opener_id=opener_id,
        lease_until=0,
        lease_epoch=0,
        review_percent=review_percent,
        opened_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    return batch


def _last_no_before(session: Session, campaign_id: str, cutoff: int) -> int:
    """The last posting before this instant (epoch ms), 0 where there is none: by halves, so whatever came since.

    Numbers have no gap, and numbers and instants have one order (`app/vouchers/ledger.py`).
    """
    low, high = 0, int(session.scalar(LAST_NO, {"campaign_id": campaign_id}) or 0)
    while low < high:
        middle = (low + high + 1) // 2
        posted_at = session.execute(POSTED_AT, {"campaign_id": campaign_id, "no": middle}).scalar_one()
        low, high = (middle, high) if posted_at < cutoff else (low, middle - 1)
    return low


def compute(settlement_id: str) -> str:
    """Write and freeze the lines of an opened batch. A second run finds nothing to do and says so.

    The lease keeps workers apart for efficiency; the epoch in the last UPDATE is the fence: a worker that was paused
    and wakes up late writes nothing.
    """
    lease = sql.write(lambda session: _take_lease(session, settlement_id))
    if lease is None:
        return f"{settlement_id}: nothing to do"
    total = sql.write(lambda session: _write_lines(session, settlement_id, lease))
    return f"{settlement_id}: {total} fen"


def _take_lease(session: Session, settlement_id: str) -> dict[str, Any] | None:
    now = clock.database_now(session)
    taken = {"id": settlement_id, "now": now, "until": leases.until(now)}
    row = session.execute(TAKE_LEASE, taken).one_or_none()
    return None if row is None else dict(row._mapping)


def _write_lines(session: Session, settlement_id: str, lease: dict[str, Any]) -> int:
    summed = interval.sums(session, lease["campaign_id"], lease["from_no"], lease["to_no"])
    lines = merchant_lines([(each.merchant_id, each.kind, each.times, each.fen) for each in summed])
    total = sum(line.net_fen for line in lines)
    frozen = {
        "id": settlement_id,
        "lease_epoch": lease["lease_epoch"],
        "total": total,
        "sha256": fingerprint(lease["campaign_id"], lease["from_no"], lease["to_no"], lines),
        "at": clock.now(),
    }
    if not sql.changed_one(session, FREEZE, frozen):
        raise Refused(Refusal.WRONG_STATE)
    stored = [{"settlement_id": settlement_id, "net_fen": line.net_fen, **vars(line)} for line in lines]
    if stored:
        session.execute(insert(SettlementLine), stored)
    samples.draw(session, find_settlement(session, settlement_id), str(frozen["sha256"]))
    return total


def approve(session: Session, settlement_id: str, actor_id: str) -> once.Answer:
    """A second person releases a computed batch, the earlier ones of its campaign first.

    Raises Refused: SELF_APPROVAL, REVIEW_INCOMPLETE or WRONG_STATE.
    """
    batch = find_settlement(session, settlement_id)
    if _is_own(batch, actor_id):
        raise Refused(Refusal.SELF_APPROVAL)
    if missing := samples.missing(session, settlement_id):
        raise Refused(Refusal.REVIEW_INCOMPLETE, missing=missing)
    at = clock.now()
    if not sql.changed_one(session, APPROVE, {"id": settlement_id, "actor_id": actor_id, "at": at}):
        raise Refused(Refusal.WRONG_STATE, state=batch.state)
    outbox.tell(session, Kind.SETTLED, [settlement_id], at)
    session.refresh(batch)
    return once.Answer(200, shown(session, batch), settlement_id)


def _is_own(batch: SettlementBatch, actor_id: str) -> bool:
    return batch.opener_id == actor_id


def due(now: int) -> list[str]:
    """Opened batches that no worker holds: what the sweeper rings for."""
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now}))


def find_settlement(session: Session, settlement_id: str) -> SettlementBatch:
    """The batch. Raises Refused(SETTLEMENT_NOT_FOUND)."""
    found = session.get(SettlementBatch, settlement_id)
    if found is None:
        raise Refused(Refusal.SETTLEMENT_NOT_FOUND)
    return found


def of_campaign(session: Session, campaign_id: str) -> list[dict[str, Any]]:
    """All batches of a campaign, oldest first."""
    wanted = (
        select(SettlementBatch)
        .where(SettlementBatch.campaign_id == campaign_id)
        .order_by(SettlementBatch.number)
    )
    return [shown(session, batch) for batch in session.scalars(wanted)]


def shown(session: Session, batch: SettlementBatch) -> dict[str, Any]:
    """A batch with its lines. Whether a line may be paid is asked anew each time and is no part of what is frozen."""
    wanted = (
        select(SettlementLine, Merchant.name)
        .join(Merchant, Merchant.id == SettlementLine.merchant_id)
        .where(SettlementLine.settlement_id == batch.id)
        .order_by(SettlementLine.merchant_id)
    )
    found = session.execute(wanted).all()
    merchant_ids = [line.merchant_id for line, _ in found]
    holds, payouts = bank.holds(session, merchant_ids) if found else {}, Payouts(session, merchant_ids)
    lines = [
        {
            **vars(line),
            "merchant": name,
            **payouts.of(
                Line(batch.campaign_id, line.merchant_id, batch.number, line.net_fen), holds[line.merchant_id]
            ),
        }
        for line, name in found
    ]
    return {
        "settlement_id": batch.id,
        "campaign_id": batch.campaign_id,
        "number": batch.number,
        "cutoff": clock.iso(batch.cutoff),
        "state": batch.state,
        "from_no": batch.from_no,
        "to_no": batch.to_no,
        "total_fen": batch.total_fen,
        "held_fen": sum(line["net_fen"] for line in lines if line["payout"] == "held"),
        "lines_sha256": batch.lines_sha256,
        "review_percent": batch.review_percent,
        "opener_id": batch.opener_id,
        "approver_id": batch.approver_id,
        "lines": [{name: value for name, value in line.items() if name in LINE_FIELDS} for line in lines],
    }
