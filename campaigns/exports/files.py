"""Asking for a file, writing it under a lease, reading it: never more than a part of it is in memory.

A part and how far it goes are committed together, under the lease's epoch: a worker that was killed is followed by
another that goes on behind the last part, and one that was paused writes nothing any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app import clock, leases, once, sql
from app.domain import sheets
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import ExportJob, ExportPart, PostingClock
from campaigns.exports import rows
from campaigns.manage import find_campaign

JOB = "workers.exports.write"
TAKE = text(
    "UPDATE export_job SET lease_epoch = lease_epoch + 1, lease_until = :until"
    " WHERE id = :id AND state = 'asked' AND lease_until <= :now RETURNING lease_epoch"
)
ADVANCE = text(
    "UPDATE export_job SET after_no = :after_no, after_id = :after_id, parts = parts + 1, lease_until = :until,"
    " row_count = row_count + :rows, byte_count = byte_count + :bytes, subsidy_fen = subsidy_fen + :subsidy_fen,"
    " direct_fen = direct_fen + :direct_fen WHERE id = :id AND state = 'asked' AND lease_epoch = :lease_epoch"
    " AND parts = :parts"
)
FINISH = text(
    "UPDATE export_job SET state = 'done', sha256 = :sha256, done_at = :at"
    " WHERE id = :id AND state = 'asked' AND lease_epoch = :lease_epoch"
)
DUE = text("SELECT id FROM export_job WHERE state = 'asked' AND lease_until <= :now ORDER BY id")
PART = text("SELECT content FROM export_part WHERE export_id = :id AND number = :number")


def ask(session: Session, campaign_id: str, kind: str, asker_id: str) -> once.Answer:
    """A file of this campaign's numbers as they are now."""
    find_campaign(session, campaign_id)
    posted = session.get(PostingClock, campaign_id)
    job = ExportJob(
        id=new_id("exp"),
        campaign_id=campaign_id,
        kind=kind,
        asker_id=asker_id,
        to_no=posted.last_no if posted else 0,
        asked_at=clock.now(),
    )
    session.add(job)
    session.flush()
    return once.Answer(202, shown(job), job.id)


def find(session: Session, export_id: str) -> ExportJob:
    """The export. Raises Refused(EXPORT_NOT_FOUND)."""
    found = session.get(ExportJob, export_id)
    if found is None:
        raise Refused(Refusal.EXPORT_NOT_FOUND)
    return found


def shown(job: ExportJob) -> dict[str, Any]:
    """An export as whoever asked for it sees it."""
    return {
        "export_id": job.id,
        "campaign_id": job.campaign_id,
        "kind": job.kind,
        "state": job.state,
        "progress": 1.0 if job.state == "done" else round(0.99 * job.after_no / max(job.to_no, 1), 4),
        "row_count": job.row_count,
        "byte_count": job.byte_count,
        "subsidy_fen": job.subsidy_fen,
        "direct_fen": job.direct_fen,
        "sha256": job.sha256,
        "asked_at": clock.iso(job.asked_at),
        "done_at": None if job.done_at is None else clock.iso(job.done_at),
    }


def listed(session: Session, cursor: str | None, limit: int, **only: str) -> dict[str, Any]:
    """Exports with these columns (campaign_id), newest first."""
    wanted = select(ExportJob).filter_by(**only).order_by(ExportJob.id.desc()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(ExportJob.id < cursor)
    found = session.scalars(wanted).all()
    items = [shown(job) for job in found[:limit]]
    return {"items": items, "next_cursor": items[-1]["export_id"] if len(found) > limit else None}


def write(export_id: str) -> str:
    """Write what is left of the file. A second run finds nothing to do and says so."""
    lease_epoch = sql.write(partial(_take, export_id=export_id))
    if lease_epoch is None:
        return f"{export_id}: nothing to do"
    try:
        while sql.write(partial(_write_part, export_id=export_id, lease_epoch=lease_epoch)):
            pass
        return sql.write(partial(_finish, export_id=export_id, lease_epoch=lease_epoch))
    except leases.LeaseLost:
        return f"{export_id}: taken over"


def _take(session: Session, export_id: str) -> int | None:
    now = clock.database_now(session)
    return session.scalar(TAKE, {"id": export_id, "now": now, "until": leases.until(now)})


def _write_part(session: Session, export_id: str, lease_epoch: int) -> bool:
    """One part; False when it was the last."""
    job = find(session, export_id)
    page = rows.next_page(session, job)
    content = _content(job, page)
    advanced = {
        "id": export_id,
        "lease_epoch": lease_epoch,
        "until": leases.until(clock.database_now(session)),
        "parts": job.parts,
        "rows": len(page.rows),
        "bytes": len(content),
        "subsidy_fen": page.subsidy_fen,
        "direct_fen": page.direct_fen,
        "after_no": page.after_no,
        "after_id": page.after_id,
    }
    if not sql.changed_one(session, ADVANCE, advanced):
        raise leases.LeaseLost(export_id)
    session.execute(
        insert(ExportPart), [{"export_id": export_id, "number": job.parts + 1, "content": content}]
    )
    return not page.is_last


def _content(job: ExportJob, page: rows.Page) -> bytes:
    head = sheets.MARK + sheets.guarded_csv([rows.HEAD[job.kind]]) if job.parts == 0 else ""
    return (head + sheets.guarded_csv(page.rows)).encode()


def _finish(session: Session, export_id: str, lease_epoch: int) -> str:
    digest = hashlib.sha256()
    for part in _parts(session, export_id):
        digest.update(part)
    finished = {"id": export_id, "lease_epoch": lease_epoch, "sha256": digest.hexdigest(), "at": clock.now()}
    if not sql.changed_one(session, FINISH, finished):
        raise leases.LeaseLost(export_id)
    return f"{export_id}: {finished['sha256']}"


def content(export_id: str) -> Iterator[bytes]:
    """The file, part by part. Raises Refused(EXPORT_NOT_FOUND or EXPORT_NOT_READY) when it is first asked."""
    with sql.reading() as session:
        if find(session, export_id).state != "done":
            raise Refused(Refusal.EXPORT_NOT_READY)
    return _read(export_id)


def _read(export_id: str) -> Iterator[bytes]:
    with sql.reading() as session:
        yield from _parts(session, export_id)


def _parts(session: Session, export_id: str) -> Iterator[bytes]:
    number = 1
    while (part := session.scalar(PART, {"id": export_id, "number": number})) is not None:
        yield bytes(part)
        number += 1


def due(now: int) -> list[str]:
    """Exports that no worker holds: what the sweeper rings for."""
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now}))
