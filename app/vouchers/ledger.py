"""Double-entry postings (design 9): only ever added, each (kind, ref) once, `payable` numbered without gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import outbox, sql
from app.domain.event import Kind
from app.ids import new_id

POST = sql.SetWise(
    "INSERT INTO transfer (id, campaign_id, posting_no, posted_at, kind, ref, debit, credit, amount_fen,"
    " merchant_id, store_id) SELECT id, campaign_id, posting_no, posted_at, kind, ref, debit, credit, amount_fen,"
    " merchant_id, store_id FROM {items} WHERE true",
    id="text",
    campaign_id="text",
    posting_no="bigint",
    posted_at="bigint",
    kind="text",
    ref="text",
    debit="text",
    credit="text",
    amount_fen="bigint",
    merchant_id="text",
    store_id="text",
)
# GREATEST of PostgreSQL is spelled MAX in SQLite, so the comparison is written out.
TAKE_NUMBERS = text(
    "UPDATE posting_clock SET last_no = last_no + :n, last_at = CASE WHEN last_at > :now THEN last_at ELSE :now END"
    " WHERE campaign_id = :campaign_id RETURNING last_no, last_at"
)

# What a merchant is told of its money by the posting itself, whoever posts it; the rest is told by its use case.
TOLD = {"hold": Kind.HELD, "free": Kind.RELEASED, "payout_paid": Kind.PAID}


@dataclass(frozen=True)
class Transfer:
    """`amount_fen` moves from `debit` to `credit`; amounts of zero are not posted."""

    campaign_id: str
    kind: str
    ref: str
    debit: str
    credit: str
    amount_fen: int
    merchant_id: str | None = None
    store_id: str | None = None

    @property
    def is_numbered(self) -> bool:
        """Postings that move `payable` take a number."""
        return "payable" in (self.debit, self.credit)


def post(session: Session, transfers: Iterable[Transfer], at: int) -> None:
    """Add postings of this instant (epoch ms). The posting clocks are the transaction's last locks, by campaign."""
    due = [transfer for transfer in transfers if transfer.amount_fen]
    numbers = _take_numbers(session, Counter(each.campaign_id for each in due if each.is_numbered), at)
    rows = []
    for transfer in due:
        numbered = numbers.get(transfer.campaign_id)
        number = next(numbered.free) if numbered and transfer.is_numbered else None
        posted_at = numbered.posted_at if numbered else at
        rows.append({"id": new_id("tfr"), "posting_no": number, "posted_at": posted_at, **vars(transfer)})
    if rows:
        POST.run(session, rows)
    for kind, told in TOLD.items():
        outbox.tell(session, told, [transfer.ref for transfer in due if transfer.kind == kind], at)


@dataclass(frozen=True)
class _Numbers:
    """What a campaign's posting clock gave: the numbers, and the instant from which they are visible."""

    free: Iterator[int]
    posted_at: int


def _take_numbers(session: Session, wanted: Counter[str], at: int) -> dict[str, _Numbers]:
    taken = {}
    for campaign_id in sorted(wanted):
        n = wanted[campaign_id]
        row = session.execute(TAKE_NUMBERS, {"campaign_id": campaign_id, "n": n, "now": at}).one_or_none()
        if row is None:
            raise sql.LostRace("posting_clock")
        taken[campaign_id] = _Numbers(iter(range(row.last_no - n + 1, row.last_no + 1)), row.last_at)
    return taken
