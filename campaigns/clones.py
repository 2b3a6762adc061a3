"""A campaign made after another one: the same terms, a new draft, its dates moved into the future."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock, once
from app.domain.instants import DAY_MS
from app.extensions import settings
from app.ids import new_id
from app.models import Batch, Campaign, Lottery
from campaigns import batch_terms, lottery, manage

COPY = "（副本 copy）"
MOST_NAME = 100
LIMITS = ("budget_fen", "is_test", "person_limit", "person_day_limit", "daily_budget_fen", *manage.DAY_CAPS)
# Everything else of a batch is its own: its campaign, what was claimed, its gate.
OWN = {"id", "campaign_id", "claimed", "gate_epoch", "gate_shards", "created_at"}
DATES = ("claim_from", "claim_to", "valid_from", "valid_to")


def clone(session: Session, campaign_id: str, author_id: str) -> once.Answer:
    """A draft with the terms and batches of this campaign, whatever its state; all of its dates by the same whole days
    later, so that nothing begins before tomorrow. Whoever makes it sets them anew before submitting.
    """
    source = manage.find_campaign(session, campaign_id)
    terms = {"name": source.name[: MOST_NAME - len(COPY)] + COPY}
    terms |= {name: getattr(source, name) for name in LIMITS}
    made = manage.create_campaign(session, terms, author_id)
    assert made.object_id is not None
    batches = manage.batches_of(session, campaign_id)
    named = batch_terms.merchants_of(session, batches)
    later_ms = _later(batches, clock.now())
    for batch in batches:
        _add(session, batch, made.object_id, later_ms, named.get(batch.id))
    campaign = session.get_one(Campaign, made.object_id)
    return once.Answer(201, manage.shown(session, campaign), campaign.id)


def _later(batches: list[Batch], now: int) -> int:
    """Whole days from the first claim window to tomorrow, or none where it is later than that anyway."""
    first = min((batch.claim_from for batch in batches), default=now)
    return max(0, -(-(now + DAY_MS - first) // DAY_MS)) * DAY_MS


def _add(
    session: Session, source: Batch, campaign_id: str, later_ms: int, merchant_ids: list[str] | None
) -> None:
    columns: dict[str, Any] = {
        column.key: getattr(source, column.key) for column in Batch.__table__.columns if column.key not in OWN
    }
    columns |= {name: columns[name] and columns[name] + later_ms for name in DATES}
    fresh = {"claimed": 0, "gate_epoch": 0, "gate_shards": settings().gate_shards, "created_at": clock.now()}
    batch = Batch(id=new_id("bat"), campaign_id=campaign_id, **fresh, **columns)
    session.add(batch)
    session.flush()
    batch_terms.name_merchants(session, batch, merchant_ids)
    drawn = session.get(Lottery, source.id)
    if drawn is not None:
        lottery.prepare(session, batch.id, drawn.public_value_name)
