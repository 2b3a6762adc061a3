"""Double-entry postings (design 9): only ever added, each (kind, ref) once, `payable` numbered without gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import outbox, sql
from app.domain.event import Kind
from app.ids import new_id

# A number is told by how many are behind it of those that the clock has just given, and the instant is the clock's.
POST = sql.SetWise(
    "INSERT INTO transfer (id, campaign_id, posting_no, posted_at, kind, ref, debit, credit, amount_fen,"
    " merchant_id, store_id) SELECT id, item.campaign_id, clock.last_no - behind, COALESCE(clock.last_at, at), kind,"
    " ref, debit, credit, amount_fen, merchant_id, store_id FROM {items}"
    " LEFT JOIN posting_clock clock ON clock.campaign_id = item.clock WHERE true",
    id="text",
    campaign_id="text",
    clock="text",
    behind="bigint",
    at="bigint",
    kind="text",
    ref="text",
    debit="text",
    credit="text",
    amount_fen="bigint",
    merchant_id="text",
    store_id="text",
)
# GREATEST of PostgreSQL is spelled MAX in SQLite, so the comparison is written out.
TAKE_NUMBERS = sql.SetWise(
    "UPDATE posting_clock SET last_no = last_no + item.n,"
    " last_at = CASE WHEN last_at > item.now THEN last_at ELSE item.now END"
    " FROM {items} WHERE posting_clock.campaign_id = item.campaign_id",
    campaign_id="text",
    n="bigint",
    now="bigint",
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
    left = Counter(each.campaign_id for each in due if each.is_numbered)
    for campaign_id, n in sorted(left.items()):
        TAKE_NUMBERS.must(session, [{"campaign_id": campaign_id, "n": n, "now": at}], "posting_clock")
    rows = []
    for transfer in due:
        clock = transfer.campaign_id if transfer.campaign_id in left else None
        if transfer.is_numbered:
            left[transfer.campaign_id] -= 1
        behind = left[transfer.campaign_id] if transfer.is_numbered else None
        rows.append({"id": new_id("tfr"), "clock": clock, "behind": behind, "at": at, **vars(transfer)})
    POST.ask(session, rows)
    for kind, told in TOLD.items():
        outbox.tell(session, told, [transfer.ref for transfer in due if transfer.kind == kind], at)
