"""Delivering events to a webhook, in order while all goes well: at least once, each under its one id.

A lease keeps workers apart, its epoch is the fence of what they write. The message goes out between two transactions:
a worker that dies in between leaves the delivery pending, and the receiver gets it again under the same id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, leases, once, sql
from app.domain import event, webhook
from app.domain.refusals import Refusal, Refused
from app.events import feed, webhooks, wire

JOB = "workers.events.deliver"
AT_ONCE = 50
DUE = text(
    "SELECT w.id FROM webhook w WHERE w.status = 'active' AND w.lease_until <= :now AND EXISTS (SELECT 1 FROM"
    " webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= :now) ORDER BY w.id"
)
TAKE = text(
    "UPDATE webhook SET lease_epoch = lease_epoch + 1, lease_until = :until WHERE id = :id AND status = 'active'"
    " AND lease_until <= :now RETURNING lease_epoch, url, secret_no, old_until"
)
RELEASE = text("UPDATE webhook SET lease_until = 0 WHERE id = :id AND lease_epoch = :epoch")
NEXT = text(
    "SELECT d.attempts, e.no, e.kind, e.at, e.is_test, e.merchant_id, e.body FROM webhook_delivery d"
    " JOIN event e ON e.no = d.event_no WHERE d.webhook_id = :id AND d.state = 'pending' AND d.next_at <= :now"
    " ORDER BY d.next_at, d.event_no LIMIT :most"
)
SUCCEEDED = text(
    "UPDATE webhook SET failing_since = NULL, lease_until = :until WHERE id = :id AND lease_epoch = :epoch"
)
FAILED = text(
    "UPDATE webhook SET failing_since = COALESCE(failing_since, :now), lease_until = :until,"
    " status = CASE WHEN failing_since <= :given_up THEN 'disabled' ELSE status END"
    " WHERE id = :id AND lease_epoch = :epoch"
)
RECORD = text(
    "UPDATE webhook_delivery SET state = :state, attempts = attempts + 1, next_at = :next_at, last_at = :now,"
    " status = :status, error = :error, delivered_at = :delivered_at WHERE webhook_id = :id AND event_no = :no"
)
# A receiver that is back gets what waits at once; but not what it refuses again and again.
HURRY = text(
    "UPDATE webhook_delivery SET next_at = :now WHERE webhook_id = :id AND state = 'pending' AND next_at > :now"
    f" AND attempts < {len(webhook.PAUSES_MS)}"
)
RESEND = text(
    "UPDATE webhook_delivery SET state = 'pending', next_at = :now WHERE webhook_id = :id AND event_no = :no"
)
LOG = text(
    "SELECT d.event_no, e.kind, d.state, d.attempts, d.next_at, d.last_at, d.status, d.error, d.delivered_at"
    " FROM webhook_delivery d JOIN event e ON e.no = d.event_no WHERE d.webhook_id = :id AND d.event_no < :before"
    " ORDER BY d.event_no DESC LIMIT :limit"
)
OLDEST = text(
    "SELECT MIN(d.next_at) FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id AND d.state = 'pending'"
    " WHERE w.status = 'active'"
)
FOR_EVER = 10**event.DIGITS


@dataclass(frozen=True)
class Lease:
    """One worker's right to one webhook."""

    webhook_id: str
    epoch: int
    url: str
    secrets: tuple[str, ...]

    @property
    def name(self) -> dict[str, Any]:
        """What its fences ask for."""
        return {"id": self.webhook_id, "epoch": self.epoch}


def due(now: int) -> list[str]:
    """Webhooks that have something to deliver and that nobody holds."""
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now}))


def deliver(webhook_id: str) -> str:
    """Send what is due, until the receiver fails. A second run finds nothing to do and says so."""
    lease = sql.write(partial(_take, webhook_id=webhook_id))
    if lease is None:
        return f"{webhook_id}: nothing to do"
    sent = 0
    for row in _next(lease):
        reply = _send(lease, row)
        sql.write(partial(_record, lease=lease, row=row, reply=reply))
        if not reply.is_taken:
            break
        sent += 1
    sql.write(lambda session: session.execute(RELEASE, lease.name))
    return f"{webhook_id}: {sent} events"


def _take(session: Session, webhook_id: str) -> Lease | None:
    now = clock.database_now(session)
    row = session.execute(TAKE, {"id": webhook_id, "now": now, "until": leases.until(now)}).one_or_none()
    if row is None:
        return None
    numbers = [row.secret_no] if row.old_until <= now else [row.secret_no, row.secret_no - 1]
    return Lease(
        webhook_id, row.lease_epoch, row.url, tuple(webhooks.secret_of(webhook_id, n) for n in numbers)
    )


def _next(lease: Lease) -> list[Row[Any]]:
    with sql.reading() as session:
        wanted = {"id": lease.webhook_id, "now": clock.database_now(session), "most": AT_ONCE}
        return list(session.execute(NEXT, wanted).all())


def _send(lease: Lease, row: Row[Any]) -> wire.Reply:
    body = json.dumps(feed.shown(row), ensure_ascii=False).encode()
    signed = webhook.headers(lease.secrets, event.name_of(row.no), clock.now() // 1000, body)
    headers = {"Content-Type": "application/json", "User-Agent": "ankang-webhooks/1", **signed}
    return wire.post(lease.url, headers, body, webhooks.allowed_networks())


def _record(session: Session, lease: Lease, row: Row[Any], reply: wire.Reply) -> None:
    """What became of an attempt. Raises LeaseLost: then nothing is written, and the event is sent once more."""
    now = clock.database_now(session)
    fenced = {**lease.name, "until": leases.until(now)}
    if reply.is_taken:
        held = sql.changed_one(session, SUCCEEDED, fenced)
    else:
        held = sql.changed_one(session, FAILED, {**fenced, "now": now, "given_up": now - webhook.GIVE_UP_MS})
    if not held:
        raise leases.LeaseLost(lease.webhook_id)
    attempt = {
        "id": lease.webhook_id,
        "no": row.no,
        "now": now,
        "state": "delivered" if reply.is_taken else webhook.state_after(row.attempts + 1),
        "next_at": now if reply.is_taken else now + webhook.pause_ms(row.attempts + 1),
        "status": reply.status,
        "error": reply.error,
        "delivered_at": now if reply.is_taken else None,
    }
    session.execute(RECORD, attempt)
    if reply.is_taken:
        session.execute(HURRY, {"id": lease.webhook_id, "now": now})


def resend(session: Session, owner: str, webhook_id: str, event_id: str) -> once.Answer:
    """Send it again, delivered or not. Raises Refused(WEBHOOK_NOT_FOUND) or Refused(DELIVERY_NOT_FOUND)."""
    webhooks.find(session, owner, webhook_id)
    number = event.number_of(event_id) if event.is_name(event_id) else 0
    if not sql.changed_one(session, RESEND, {"id": webhook_id, "no": number, "now": clock.now()}):
        raise Refused(Refusal.DELIVERY_NOT_FOUND)
    return once.Answer(202, {"event_id": event_id, "state": "pending"}, webhook_id)


def log(owner: str, webhook_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """The deliveries of a webhook, newest event first. Raises Refused(WEBHOOK_NOT_FOUND)."""
    before = event.number_of(cursor) if cursor else FOR_EVER
    with sql.reading() as session:
        webhooks.find(session, owner, webhook_id)
        rows = session.execute(LOG, {"id": webhook_id, "before": before, "limit": limit}).all()
    last = event.name_of(rows[-1].event_no) if len(rows) == limit else None
    return {"items": [_shown(row) for row in rows], "next_cursor": last}


def _shown(row: Row[Any]) -> dict[str, Any]:
    pending = row.state == "pending"
    return {
        "event_id": event.name_of(row.event_no),
        "type": row.kind,
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "error": row.error,
        "last_at": row.last_at,
        "next_at": row.next_at if pending else None,
        "delivered_at": row.delivered_at,
    }


def oldest() -> int | None:
    """The instant (epoch ms) since when the longest waiting delivery is due."""
    with sql.reading() as session:
        return session.scalar(OLDEST)
