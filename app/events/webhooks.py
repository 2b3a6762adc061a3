"""Who wants to hear of events, and where: added, changed, switched off, and the secrets of their signatures."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import webhook as rules
from app.domain.event import Kind
from app.domain.instants import HOUR_MS
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.ids import new_id
from app.models import Webhook

ORGANIZER = "organizer"
# Written with the events (`relay`), for everybody who is active then; nobody is asked twice about one event.
ADDRESS = text(
    "INSERT INTO webhook_delivery (webhook_id, event_no, state, attempts, next_at)"
    " SELECT w.id, e.no, 'pending', 0, :now FROM event e JOIN webhook w ON w.status = 'active'"
    " AND (w.owner = 'organizer' OR w.owner = e.merchant_id)"
    " AND (w.kinds IS NULL OR w.kinds LIKE '%\"' || e.kind || '\"%') WHERE e.no > :after AND e.no <= :upto"
)
# Fence: the number is one of twenty, and each once.
ADD = text(
    "INSERT INTO webhook (id, owner, number, url, kinds, status, secret_no, old_until, lease_until, lease_epoch,"
    " created_at) SELECT :id, CAST(:owner AS VARCHAR(40)), 1 + COUNT(*), :url, :kinds, 'active', 1, 0, 0, 0, :at"
    " FROM webhook WHERE owner = CAST(:owner AS VARCHAR(40)) HAVING COUNT(*) < 20"
)
CHANGE = text("UPDATE webhook SET url = :url, kinds = :kinds WHERE id = :id AND owner = :owner")
ROTATE = text(
    "UPDATE webhook SET secret_no = secret_no + 1, old_until = :old_until WHERE id = :id AND owner = :owner"
)
SWITCH = text(
    "UPDATE webhook SET status = :status, failing_since = NULL, lease_until = 0, lease_epoch = lease_epoch + 1"
    " WHERE id = :id AND owner = :owner"
)


@dataclass(frozen=True)
class Wanted:
    """Where to, and which kinds of events; None for all."""

    url: str
    kinds: list[str] | None


def allowed_networks() -> tuple[rules.Network, ...]:
    """The networks that webhooks may reach although they are not public; only tests name some."""
    return tuple(map(ip_network, filter(None, settings().webhook_networks.split(","))))


def address(session: Session, after: int, upto: int) -> None:
    """Put the events behind `after`, up to `upto`, on the lists of all who want them."""
    session.execute(ADDRESS, {"after": after, "upto": upto, "now": clock.now()})


def add(session: Session, owner: str, wanted: Wanted) -> once.Answer:
    """A webhook for events from now on. Raises Refused(WEBHOOK_ADDRESS) or Refused(WEBHOOKS_FULL)."""
    row = {"id": new_id("whk"), "owner": owner, "at": clock.now(), **_columns(wanted)}
    if not sql.changed_one(session, ADD, row):
        raise Refused(Refusal.WEBHOOKS_FULL)
    return _answer(session, owner, row["id"], 201)


def change(session: Session, owner: str, webhook_id: str, wanted: Wanted) -> once.Answer:
    """Another address, other kinds. Raises Refused(WEBHOOK_NOT_FOUND) or Refused(WEBHOOK_ADDRESS)."""
    session.execute(CHANGE, {"id": webhook_id, "owner": owner, **_columns(wanted)})
    return _answer(session, owner, webhook_id)


def rotate(session: Session, owner: str, webhook_id: str) -> once.Answer:
    """A new secret; the one before signs beside it for `KEY_OVERLAP_HOURS`. Raises Refused(WEBHOOK_NOT_FOUND)."""
    old_until = clock.now() + settings().key_overlap_hours * HOUR_MS
    session.execute(ROTATE, {"id": webhook_id, "owner": owner, "old_until": old_until})
    return _answer(session, owner, webhook_id, 201)


def switch(session: Session, owner: str, webhook_id: str, status: str) -> once.Answer:
    """Suspend it, or let it go on; whoever is sending at this moment stops. Raises Refused(WEBHOOK_NOT_FOUND)."""
    session.execute(SWITCH, {"id": webhook_id, "owner": owner, "status": status})
    return _answer(session, owner, webhook_id)


def find(session: Session, owner: str, webhook_id: str) -> Webhook:
    """Raises Refused(WEBHOOK_NOT_FOUND), also for somebody else's."""
    found = session.scalar(select(Webhook).where(Webhook.id == webhook_id, Webhook.owner == owner))
    if found is None:
        raise Refused(Refusal.WEBHOOK_NOT_FOUND)
    return found


def of_owner(session: Session, owner: str) -> list[dict[str, Any]]:
    """All of one owner, without secrets."""
    found = session.scalars(select(Webhook).where(Webhook.owner == owner).order_by(Webhook.number))
    return [shown(webhook) for webhook in found]


def shown(webhook: Webhook) -> dict[str, Any]:
    """As its owner sees it."""
    return {
        "webhook_id": webhook.id,
        "url": webhook.url,
        "types": json.loads(webhook.kinds) if webhook.kinds else [kind.value for kind in Kind],
        "status": webhook.status,
        "secret_no": webhook.secret_no,
        "failing_since": None if webhook.failing_since is None else clock.iso(webhook.failing_since),
        "created_at": clock.iso(webhook.created_at),
    }


def secret_of(webhook_id: str, number: int) -> str:
    """The n-th secret (HKDF-Expand, RFC 5869, one block). Only its owner, and whoever signs, may see it."""
    named = f"webhook|{webhook_id}|{number}".encode() + b"\x01"
    return rules.secret_text(hmac.digest(settings().secret_key, named, "sha256"))


def _columns(wanted: Wanted) -> dict[str, Any]:
    plain = settings().profile == "test"
    try:
        rules.refuse_address(wanted.url, plain=plain, allowed=allowed_networks())
    except ValueError as error:
        raise Refused(Refusal.WEBHOOK_ADDRESS, reason=str(error)) from error
    return {"url": wanted.url, "kinds": json.dumps(wanted.kinds) if wanted.kinds else None}


def _answer(session: Session, owner: str, webhook_id: str, status: int = 200) -> once.Answer:
    return once.Answer(status, shown(find(session, owner, webhook_id)), webhook_id)
