"""The work of a lottery, step by step: close, freeze, draw, issue. Every step may be killed, repeated, run twice.

Close, freeze and draw depend on nothing but rows that no longer change, so two workers find the same and the state
lets one of them write. Issuing moves money: it goes in chunks, under a lease, fenced by the lease's epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, leases, outbox, sql
from app.domain import lottery as rules
from app.domain.event import Kind
from app.domain.refusals import Refusal
from app.models import Lottery
from app.vouchers.grant import Ask, Issued, grant
from app.vouchers.lottery import find_lottery, registrants, seed_of

CHUNK = 500
# Limits of a day do not cost a winner the voucher: the sweeper rings again until the day has passed.
WAITS = (Refusal.DAY_LIMIT, Refusal.DAILY_BUDGET)
# The batch's row is locked first, so that its stock and the number of places are one truth.
STOCK = (
    "SELECT b.stock FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE b.id = :batch_id"
    " AND b.claim_to <= :now AND c.state IN ('approved', 'paused', 'closed', 'settled')"
)
# Waits for every registration that is already inside; none can begin afterwards.
CLOSE = text(
    "UPDATE lottery SET state = 'closed', closed_at = :now, places = :places"
    " WHERE batch_id = :batch_id AND state = 'open'"
)
FREEZE = text(
    "UPDATE lottery SET state = 'frozen', list_sha256 = :list_sha256, registrants = :registrants"
    " WHERE batch_id = :batch_id AND state = 'closed'"
)
DRAW = text(
    "UPDATE lottery SET state = 'drawn', drawn_at = :at, winners = :winners"
    " WHERE batch_id = :batch_id AND state = 'asked'"
)
RANK = text("UPDATE registration SET rank = :rank WHERE batch_id = :batch_id AND number = :number")
TAKE_LEASE = text(
    "UPDATE lottery SET lease_epoch = lease_epoch + 1, lease_until = :until"
    " WHERE batch_id = :batch_id AND state = 'drawn' AND lease_until <= :now RETURNING lease_epoch"
)
# The fence: a worker that was paused and wakes up late issues nothing.
KEEP_LEASE = text(
    "UPDATE lottery SET lease_until = :until"
    " WHERE batch_id = :batch_id AND state = 'drawn' AND lease_epoch = :lease_epoch"
)
NEXT_WINNERS = text(
    "SELECT number, rank, citizen_id FROM registration WHERE batch_id = :batch_id AND rank > :after"
    " AND voucher_id IS NULL AND refusal IS NULL ORDER BY rank LIMIT :chunk"
)
RECORD = text(
    "UPDATE registration SET voucher_id = :voucher_id, refusal = :refusal"
    " WHERE batch_id = :batch_id AND number = :number AND voucher_id IS NULL AND refusal IS NULL"
)
ISSUED = text(
    "UPDATE lottery SET state = 'issued', issued_at = :at WHERE batch_id = :batch_id AND state = 'drawn'"
    " AND lease_epoch = :lease_epoch AND NOT EXISTS (SELECT 1 FROM registration WHERE batch_id = :batch_id"
    " AND rank IS NOT NULL AND voucher_id IS NULL AND refusal IS NULL)"
)
DUE = text(
    "SELECT l.batch_id FROM lottery l JOIN batch b ON b.id = l.batch_id JOIN campaign c ON c.id = b.campaign_id"
    " WHERE (l.state = 'open' AND b.claim_to <= :now AND c.state IN ('approved', 'paused', 'closed', 'settled'))"
    " OR l.state IN ('closed', 'asked') OR (l.state = 'drawn' AND l.lease_until <= :now) ORDER BY l.batch_id"
)


class ListChanged(Exception):
    """The registrants are no longer those whose hash was published: nothing is drawn from such a list."""


def run(batch_id: str) -> str:
    """Do whatever is due for this lottery. A second run finds nothing to do and says so."""
    done = [word for word, step in STEPS if step(batch_id)]
    return f"{batch_id}: {', '.join(done) or 'nothing to do'}"


def due(now: int) -> list[str]:
    """Lotteries that wait for a worker: what the sweeper rings for."""
    with sql.reading() as session:
        return list(session.scalars(DUE, {"now": now}))


def close(batch_id: str) -> bool:
    """End registration once its window is over."""

    def work(session: Session) -> bool:
        now = clock.database_now(session)
        stock = session.scalar(text(STOCK + sql.row_lock(session, "b")), {"batch_id": batch_id, "now": now})
        closed = {"batch_id": batch_id, "now": now, "places": stock}
        return stock is not None and sql.changed_one(session, CLOSE, closed)

    return sql.write(work)


def freeze(batch_id: str) -> bool:
    """Publish the hash of the list that nobody can join any more."""
    if _state(batch_id).state != "closed":
        return False
    counted = _Counted(batch_id)
    frozen = {"batch_id": batch_id, "list_sha256": rules.list_hash(counted), "registrants": counted.count}
    return sql.write(lambda session: sql.changed_one(session, FREEZE, frozen))


def draw(batch_id: str) -> bool:
    """Fix the winners, all at once. Raises ListChanged."""
    lottery = _state(batch_id)
    if lottery.state != "asked":
        return False
    assert lottery.list_sha256 and lottery.public_value is not None and lottery.places is not None
    if rules.list_hash(_Counted(batch_id)) != lottery.list_sha256:
        raise ListChanged(batch_id)
    told = (seed_of(lottery), lottery.list_sha256, lottery.public_value)
    winners = rules.draw(*told, _Counted(batch_id), lottery.places)
    return sql.write(lambda session: _write_winners(session, batch_id, winners))


def _write_winners(session: Session, batch_id: str, winners: list[str]) -> bool:
    at = clock.now()
    drawn = {"batch_id": batch_id, "at": at, "winners": len(winners)}
    if not sql.changed_one(session, DRAW, drawn):
        return False
    ranks = [
        {"batch_id": batch_id, "number": int(number), "rank": n} for n, number in enumerate(winners, start=1)
    ]
    if ranks:
        session.execute(RANK, ranks)
    outbox.tell(session, Kind.DRAWN, [batch_id], at)
    return True


def issue(batch_id: str) -> bool:
    """Give every winner a voucher or write down why not, chunk by chunk, each chunk one transaction."""
    lease_epoch = sql.write(lambda session: _take_lease(session, batch_id))
    if lease_epoch is None:
        return False
    after: int | None = 0
    while after is not None:
        after = sql.write(partial(_issue_chunk, batch_id=batch_id, lease_epoch=lease_epoch, after=after))
    ended = {"batch_id": batch_id, "lease_epoch": lease_epoch, "at": clock.now()}
    return sql.write(lambda session: sql.changed_one(session, ISSUED, ended))


def _take_lease(session: Session, batch_id: str) -> int | None:
    now = clock.database_now(session)
    taken = {"batch_id": batch_id, "now": now, "until": leases.until(now)}
    return session.scalar(TAKE_LEASE, taken)


def _issue_chunk(session: Session, batch_id: str, lease_epoch: int, after: int) -> int | None:
    """The rank of the last winner served, None when none is left or another worker holds the lease."""
    now = clock.database_now(session)
    kept = {"batch_id": batch_id, "lease_epoch": lease_epoch, "until": leases.until(now)}
    if not sql.changed_one(session, KEEP_LEASE, kept):
        return None
    wanted = {"batch_id": batch_id, "after": after, "chunk": CHUNK}
    winners = session.execute(NEXT_WINNERS, wanted).all()
    if not winners:
        return None
    if records := _served(session, batch_id, winners, now):
        session.execute(RECORD, records)
    return int(winners[-1].rank)


def _served(session: Session, batch_id: str, winners: Sequence[Row[Any]], now: int) -> list[dict[str, Any]]:
    """One record per winner: the voucher, or the code of the refusal; none for who has to wait until tomorrow."""
    outcomes = grant(session, [Ask(winner.citizen_id, batch_id, now) for winner in winners])
    return [
        {
            "batch_id": batch_id,
            "number": winner.number,
            "voucher_id": outcome.voucher_id if isinstance(outcome, Issued) else None,
            "refusal": outcome.code if isinstance(outcome, Refusal) else None,
        }
        for winner, outcome in zip(winners, outcomes, strict=True)
        if outcome not in WAITS
    ]


class _Counted:
    """The frozen registration numbers, ascending, read page by page; counts what it gave."""

    def __init__(self, batch_id: str) -> None:
        self._batch_id = batch_id
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        with sql.reading() as session:
            for number, _ in registrants(session, self._batch_id):
                self.count += 1
                yield number


def _state(batch_id: str) -> Lottery:
    with sql.reading() as session:
        return find_lottery(session, batch_id)


STEPS = (("closed", close), ("frozen", freeze), ("drawn", draw), ("issued", issue))
