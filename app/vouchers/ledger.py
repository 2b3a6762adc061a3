"""Double-entry postings (design 9): only ever added, each (kind, ref) once, `payable` numbered without gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
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


def post(session: Session, transfers: Iterable[Transfer]) -> None:
    """Add postings. Takes the posting clocks as the transaction's last locks, sorted by campaign."""
    by_campaign: dict[str, list[Transfer]] = defaultdict(list)
    for transfer in transfers:
        if transfer.amount_fen:
            by_campaign[transfer.campaign_id].append(transfer)
    for campaign_id in sorted(by_campaign):
        _post_campaign(session, campaign_id, by_campaign[campaign_id])


def _post_campaign(session: Session, campaign_id: str, transfers: list[Transfer]) -> None:
    numbered = sum(transfer.is_numbered for transfer in transfers)
    now = clock.database_now(session)
    next_no = 0
    if numbered:
        taken = {"campaign_id": campaign_id, "n": numbered, "now": now}
        clock_row = session.execute(TAKE_NUMBERS, taken).one_or_none()
        if clock_row is None:
            raise sql.LostRace("posting_clock")
        next_no, now = clock_row.last_no - numbered + 1, clock_row.last_at
    rows = []
    for transfer in transfers:
        number = next_no if transfer.is_numbered else None
        next_no += transfer.is_numbered
        rows.append({"id": new_id("tfr"), "posting_no": number, "posted_at": now, **vars(transfer)})
    session.execute(*POST.on(session, rows))
