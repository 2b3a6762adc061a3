"""Targeted lists: uploaded once per content, released by a second person, shown with their progress and report."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import sheets
from app.domain.campaign import State
from app.domain.refusals import Refusal, Refused
from app.domain.target_row import GOOD, ISSUED, SENTENCES
from app.extensions import vault
from app.ids import new_id
from app.models import TargetList, TargetPart
from campaigns import manage
from campaigns.targets.check import check, part_context
from campaigns.targets.file import File
from campaigns.targets.issue import issue
from campaigns.targets.lease import take

JOB = "workers.targets.work"
RELEASE = text(
    "UPDATE target_list SET state = 'released', approver_id = :actor_id, released_at = :at, done_no = 0,"
    " lease_until = 0 WHERE id = :id AND state = 'checked' AND uploader_id <> :actor_id"
)
RESULTS = text(
    "SELECT result, COUNT(*) AS n FROM target_row WHERE list_id = :id GROUP BY result ORDER BY result"
)
BAD_ROWS = text(
    "SELECT row_no, result, masked FROM target_row WHERE list_id = :id AND result NOT IN ('good', 'issued')"
    " ORDER BY row_no"
)
REPORT_HEADER = ("row", "reason", "id_number_masked", "explanation")


def upload(session: Session, batch_id: str, file: File, uploader_id: str) -> once.Answer:
    """Keep the file's lines, sealed, for a job to check. The same content again is the same list."""
    batch = manage.find_batch(session, batch_id)
    campaign = manage.find_campaign(session, batch.campaign_id)
    if campaign.state in (State.CLOSED, State.SETTLED):
        raise Refused(Refusal.WRONG_STATE, state=campaign.state)
    same = select(TargetList).where(TargetList.batch_id == batch_id, TargetList.content_bi == file.content_bi)
    found = session.scalar(same)
    if found is None:
        found = _new(batch_id, file, uploader_id)
        session.add(found)
        session.flush()
        session.execute(insert(TargetPart), _sealed(found.id, file))
    return once.Answer(202, shown(session, found), found.id)


def _new(batch_id: str, file: File, uploader_id: str) -> TargetList:
    return TargetList(
        id=new_id("tgl"),
        batch_id=batch_id,
        content_bi=file.content_bi,
        named_columns=",".join(file.columns),
        row_count=file.row_count,
        state="checking",
        done_no=0,
        uploader_id=uploader_id,
        lease_until=0,
        lease_epoch=0,
        uploaded_at=clock.now(),
    )


def _sealed(list_id: str, file: File) -> list[dict[str, Any]]:
    return [
        {
            "list_id": list_id,
            "first_no": first_no,
            "last_no": first_no + len(lines) - 1,
            "lines_ct": vault().seal("\n".join(lines), part_context(list_id, first_no)),
        }
        for first_no, lines in file.parts()
    ]


def release(session: Session, list_id: str, actor_id: str) -> once.Answer:
    """A second person lets the good rows of a checked list be issued. Raises SELF_APPROVAL or WRONG_STATE."""
    found = find(session, list_id)
    if found.uploader_id == actor_id:
        raise Refused(Refusal.SELF_APPROVAL)
    campaign = manage.find_campaign(session, manage.find_batch(session, found.batch_id).campaign_id)
    released = {"id": list_id, "actor_id": actor_id, "at": clock.now()}
    if campaign.state != State.APPROVED or not sql.changed_one(session, RELEASE, released):
        raise Refused(Refusal.WRONG_STATE, state=found.state, campaign_state=campaign.state)
    session.refresh(found)
    return once.Answer(200, shown(session, found), list_id)


def work(list_id: str) -> str:
    """What a list waits for: checking, or issuing. A second run finds nothing to do and says so."""
    lease = take(list_id)
    if lease is None:
        return f"{list_id}: nothing to do"
    if lease.state == "checking":
        check(lease)
        return f"{list_id}: checked"
    done = issue(lease)
    manage.open_gate(lease.batch_id)
    return f"{list_id}: {'issued' if done else 'waits for its campaign'}"


def find(session: Session, list_id: str) -> TargetList:
    """The list. Raises Refused(TARGET_LIST_NOT_FOUND)."""
    found = session.get(TargetList, list_id)
    if found is None:
        raise Refused(Refusal.TARGET_LIST_NOT_FOUND)
    return found


def of_batch(session: Session, batch_id: str) -> list[dict[str, Any]]:
    """The latest hundred lists of a batch."""
    manage.find_batch(session, batch_id)
    wanted = (
        select(TargetList).where(TargetList.batch_id == batch_id).order_by(TargetList.id.desc()).limit(100)
    )
    return [shown(session, found) for found in session.scalars(wanted)]


def shown(session: Session, found: TargetList) -> dict[str, Any]:
    """State and progress: rows of the file, rows checked, and what became of them by reason."""
    results = {row.result: row.n for row in session.execute(RESULTS, {"id": found.id})}
    checked = sum(results.values())
    good, issued = results.pop(GOOD, 0), results.pop(ISSUED, 0)
    face_fen = manage.find_batch(session, found.batch_id).face_fen
    instants = ("uploaded_at", "checked_at", "released_at", "issued_at")
    moments = {name: getattr(found, name) for name in instants}
    return {
        "list_id": found.id,
        "batch_id": found.batch_id,
        "state": found.state,
        "rows": found.row_count,
        "checked": checked,
        "good": good,
        "issued": issued,
        "refused": results,
        "amount_fen": (good + issued) * face_fen,
        "uploader_id": found.uploader_id,
        "approver_id": found.approver_id,
        **{name: None if at is None else clock.iso(at) for name, at in moments.items()},
    }


def report(session: Session, list_id: str) -> str:
    """Every bad row as CSV, by its line in the file; no ID number, no name. A BOM, so that Excel reads Chinese."""
    find(session, list_id)
    rows = session.execute(BAD_ROWS, {"id": list_id})
    bad = [(row.row_no, row.result, row.masked, _explained(row.result)) for row in rows]
    return sheets.MARK + sheets.guarded_csv([REPORT_HEADER, *bad])


def _explained(reason: str) -> str:
    """Both languages; what only the issue can find keeps the words of its refusal."""
    refusal = None if reason in SENTENCES else Refusal.of(reason)
    return " ".join(SENTENCES[reason] if refusal is None else (refusal.zh, refusal.en))
