"""Sealing (封存): each minute a job chains new audit entries and seals what was posted since its last run (I16).

Nothing that serves a request hashes anything. A campaign's posting clock is held until COMMIT, so whatever number it
shows, every posting up to it is there and stays as it is. Audit entries get their numbers here, one after another.
Postings without a number (claims, expiries, what is forfeited) are sealed by the event that told of them: it is of
their transaction, and the relay has numbered it since (ADR 34).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app import clock, leases, sql
from app.domain import seal as rules
from app.domain.event import Kind
from app.domain.seal import AUDIT, FEED, Interval
from app.models import AuditLink, Seal

LINKS, POSTINGS = 500, 5_000  # in one transaction, under one seal
# An entry whose COMMIT was overtaken by this many others would stay outside the chain, and the audit would say so.
LOOK_BACK = 5_000
TAKE = text(
    "INSERT INTO sealing (id, lease_epoch, lease_until) VALUES (1, 1, :until)"
    " ON CONFLICT (id) DO UPDATE SET lease_epoch = sealing.lease_epoch + 1, lease_until = :until"
    " WHERE sealing.lease_until <= :now RETURNING lease_epoch"
)
KEEP = text("UPDATE sealing SET lease_until = :until WHERE lease_epoch = :epoch")
DUE = text(
    "SELECT scope, from_no, to_no FROM (SELECT p.campaign_id AS scope, p.last_no AS to_no,"
    " COALESCE((SELECT MAX(s.to_no) FROM seal s WHERE s.scope = p.campaign_id), 0) AS from_no FROM posting_clock p"
    f" UNION ALL SELECT '{AUDIT}', COALESCE((SELECT MAX(number) FROM audit_link), 0),"
    f" COALESCE((SELECT MAX(s.to_no) FROM seal s WHERE s.scope = '{AUDIT}'), 0)"
    f" UNION ALL SELECT '{FEED}', last_no,"
    f" COALESCE((SELECT MAX(s.to_no) FROM seal s WHERE s.scope = '{FEED}'), 0) FROM event_clock) AS scopes"
    " WHERE to_no > from_no ORDER BY scope"
)
_EVENT = "SELECT e.no, e.kind, e.ref, e.at, e.body"
_MOVED = "t.id, t.campaign_id, t.posted_at, t.kind, t.ref, t.debit, t.credit, t.amount_fen"
_BETWEEN = "e.no > :from_no AND e.no <= :to_no"
_OF_ORDERS = f"('{Kind.REDEEMED}', '{Kind.REVERSED}')"
CONTENT_OF = {
    AUDIT: text(
        "SELECT number, sha256 FROM audit_link WHERE number > :from_no AND number <= :to_no ORDER BY number"
    ),
    # Each event, and what its transaction moved without a number: (kind, ref) happens once, so the set never grows.
    FEED: text(
        f"{_EVENT}, l.id AS line_id, {_MOVED} FROM event e JOIN redemption_line l ON l.redemption_id = e.ref"
        f" LEFT JOIN transfer t ON t.kind = CASE e.kind WHEN '{Kind.REDEEMED}' THEN 'forfeit' ELSE 'unforfeit' END"
        f" AND t.ref = l.id WHERE {_BETWEEN} AND e.kind IN {_OF_ORDERS}"
        f" UNION ALL {_EVENT}, NULL, {_MOVED} FROM event e LEFT JOIN transfer t ON t.kind = CASE e.kind"
        f" WHEN '{Kind.CLAIMED}' THEN 'claim' WHEN '{Kind.EXPIRED}' THEN 'expire' WHEN '{Kind.PAID}' THEN 'payout_paid'"
        f" END AND t.ref = e.ref WHERE {_BETWEEN} AND e.kind NOT IN {_OF_ORDERS} ORDER BY no, line_id"
    ),
}
POSTED = text(
    f"SELECT {', '.join(rules.POSTING)} FROM transfer WHERE campaign_id = :scope"
    " AND posting_no > :from_no AND posting_no <= :to_no ORDER BY posting_no"
)
UNCHAINED = text(
    f"SELECT {', '.join(f'a.{name}' for name in rules.ENTRY)} FROM audit_log a WHERE a.id >= COALESCE("
    f"(SELECT MIN(entry_id) FROM audit_link WHERE number > :last - {LOOK_BACK}), '')"
    " AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = a.id) ORDER BY a.id LIMIT :most"
)
LAST_LINK = select(AuditLink.number, AuditLink.sha256).order_by(AuditLink.number.desc()).limit(1)
LAST_SEAL = select(Seal.number, Seal.sha256, Seal.sealed_at).order_by(Seal.number.desc()).limit(1)


def seal_due() -> tuple[int, int] | None:
    """Chain and seal everything that is due; how many entries were chained, how many seals were set.

    None where another worker is at it. Raises LeaseLost where this worker was paused for longer than its lease.
    """
    epoch = sql.write(_take)
    if epoch is None:
        return None
    chained = 0
    while links := sql.write(lambda session: _chain(session, epoch)):
        chained += links
    sealed = sum(sql.write(partial(_seal, epoch=epoch, due=due, content=content)) for due, content in _due())
    sql.write(lambda session: _keep(session, epoch, until=0))
    return chained, sealed


def anchor(session: Session, day: str) -> Seal | None:
    """The last seal of a Shanghai day, or of the last day before it that has one."""
    wanted = select(Seal).where(Seal.day <= day).order_by(Seal.day.desc(), Seal.number.desc()).limit(1)
    return session.scalar(wanted)


def state(session: Session) -> dict[str, Any]:
    """How far the chain has come: entries chained, the last seal, and whether anything waits for the next run."""
    last = session.execute(LAST_SEAL).one_or_none()
    return {
        "chained": session.scalar(select(func.max(AuditLink.number))) or 0,
        "seals": last.number if last else 0,
        "sha256": last.sha256 if last else "",
        "sealed_at": last.sealed_at if last else None,
        "is_complete": not session.execute(DUE).first(),
    }


def content_of(session: Session, due: Interval) -> str:
    """SHA-256 of what is there now between two numbers."""
    rows = session.execute(CONTENT_OF.get(due.scope, POSTED), vars(due))
    return rules.content(tuple(row) for row in rows)


def _take(session: Session) -> int | None:
    now = clock.database_now(session)
    epoch: int | None = session.scalar(TAKE, {"now": now, "until": leases.until(now)})
    return epoch


def _keep(session: Session, epoch: int, until: int | None = None) -> int:
    """First in every transaction: the lease is still ours. Returns the instant."""
    now = clock.database_now(session)
    held = {"epoch": epoch, "until": leases.until(now) if until is None else until}
    if not sql.changed_one(session, KEEP, held):
        raise leases.LeaseLost
    return now


def _chain(session: Session, epoch: int) -> int:
    _keep(session, epoch)
    last = session.execute(LAST_LINK).one_or_none()
    number, sha256 = (last.number, last.sha256) if last else (0, rules.START)
    links: list[dict[str, Any]] = []
    for entry in session.execute(UNCHAINED, {"last": number, "most": LINKS}):
        number, sha256 = number + 1, rules.chained(sha256, number + 1, *entry)
        links.append({"number": number, "entry_id": entry.id, "sha256": sha256})
    if links:
        session.execute(insert(AuditLink), links)
    return len(links)


def _due() -> Iterator[tuple[Interval, str]]:
    """What no seal covers yet, in pieces, with the hash of its content."""
    with sql.reading() as session:
        for scope, first, last in session.execute(DUE).all():
            for from_no in range(first, last, POSTINGS):
                due = Interval(scope, from_no, min(from_no + POSTINGS, last))
                yield due, content_of(session, due)


def _seal(session: Session, epoch: int, due: Interval, content: str) -> int:
    now = _keep(session, epoch)
    if session.scalar(select(Seal.number).where(Seal.scope == due.scope, Seal.from_no == due.from_no)):
        return 0  # the COMMIT before was not lost, its reply was
    last = session.execute(LAST_SEAL).one_or_none()
    number, previous, at = (
        (last.number + 1, last.sha256, max(now, last.sealed_at)) if last else (1, rules.START, now)
    )
    sha256 = rules.chained(previous, number, due.scope, due.from_no, due.to_no, content, at)
    row = {
        "number": number,
        "content_sha256": content,
        "sha256": sha256,
        "sealed_at": at,
        "day": clock.day(at),
    }
    session.execute(insert(Seal), [row | vars(due)])
    return 1
