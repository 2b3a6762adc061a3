"""What the public may know of a lottery: the commitment first, the list's hash at close, the seed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain import lottery as rules
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.models import Batch, Lottery

DRAWN = ("drawn", "issued")
PAGE = 10_000
# Page by page along the primary key: a million rows never stand in memory at once.
NEXT_REGISTRANTS = text(
    "SELECT number, rank FROM registration WHERE batch_id = :batch_id AND number > :after ORDER BY number LIMIT :page"
)


def find_lottery(session: Session, batch_id: str) -> Lottery:
    """The lottery of this batch. Raises Refused(BATCH_NOT_FOUND) or Refused(NOT_A_LOTTERY)."""
    found = session.get(Lottery, batch_id)
    if found is None:
        known = session.get(Batch, batch_id) is not None
        raise Refused(Refusal.NOT_A_LOTTERY if known else Refusal.BATCH_NOT_FOUND)
    return found


def published_of(session: Session, batch_ids: list[str]) -> dict[str, dict[str, Any]]:
    """What is public of each of these batches that is a lottery."""
    found = session.scalars(select(Lottery).where(Lottery.batch_id.in_(batch_ids)))
    return {lottery.batch_id: published(lottery) for lottery in found}


def published(lottery: Lottery) -> dict[str, Any]:
    """The lottery as everybody sees it; what is not known yet is None. The seed is told once winners are fixed."""
    drawn = lottery.state in DRAWN
    return {
        "state": lottery.state,
        "algorithm": rules.FORMAT,
        "commitment": lottery.commitment,
        "public_value_name": lottery.public_value_name,
        "public_value": lottery.public_value,
        "closed_at": _iso(lottery.closed_at),
        "places": lottery.places,
        "registrants": lottery.registrants,
        "list_sha256": lottery.list_sha256,
        "drawn_at": _iso(lottery.drawn_at),
        "winners": lottery.winners,
        "seed": seed_of(lottery).hex() if drawn else None,
        "results": f"/api/v1/batches/{lottery.batch_id}/lottery/results" if drawn else None,
    }


def seal_seed(batch_id: str, seed: bytes) -> bytes:
    """The seed as it is stored: nobody reads it from the database before it is told."""
    return vault().seal(seed.hex(), f"lottery.seed|{batch_id}")


def seed_of(lottery: Lottery) -> bytes:
    """The secret behind the commitment."""
    return bytes.fromhex(vault().open(lottery.seed_box, f"lottery.seed|{lottery.batch_id}"))


def registrants(session: Session, batch_id: str) -> Iterator[tuple[str, int | None]]:
    """Registration number and rank (winners only), ascending by number."""
    after = 0
    while page := session.execute(
        NEXT_REGISTRANTS, {"batch_id": batch_id, "after": after, "page": PAGE}
    ).all():
        yield from ((str(row.number), row.rank) for row in page)
        after = page[-1].number


def results(batch_id: str) -> Iterator[str]:
    """The results file, line by line. Raises Refused(RESULTS_NOT_FOUND) before the draw, when it is first asked."""
    with sql.reading() as session:
        lottery = find_lottery(session, batch_id)
        if lottery.state not in DRAWN:
            raise Refused(Refusal.RESULTS_NOT_FOUND)
        shown = published(lottery)
    names = (*rules.FIELDS, "public_value_name", "closed_at", "drawn_at")
    head = {"batch_id": batch_id, **{name: shown[name] for name in names}}
    return rules.results_lines(head, _read(batch_id))


def _read(batch_id: str) -> Iterator[tuple[str, int | None]]:
    with sql.reading() as session:
        yield from registrants(session, batch_id)


def _iso(at: int | None) -> str | None:
    return None if at is None else clock.iso(at)
