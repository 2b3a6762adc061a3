"""Issuing vouchers set-wise, inside the caller's write transaction: limits, stock, vouchers and postings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app import sql
from app.domain.campaign import BatchRules
from app.domain.refusals import Refusal
from app.ids import new_id
from app.vouchers import ledger


@dataclass(frozen=True)
class Ask:
    """One voucher of this batch for this citizen; neither gate nor claim window is judged."""

    citizen_id: str
    batch_id: str
    at: int


@dataclass(frozen=True)
class Issued:
    """A voucher that exists when the transaction commits."""

    voucher_id: str


# The rows of a JSON array, `{each}` below, as each database unfolds them.
EACH = {
    "sqlite": "(SELECT value FROM json_each(:ids))",
    "postgresql": "(SELECT value FROM json_array_elements_text(CAST(:ids AS json)))",
}
# Fences: the statement's WHERE and the row's CHECK (used <= cap).
COUNT = (
    "INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " SELECT 'person', b.id, c.id, '', 1, b.person_limit FROM batch b JOIN citizen c ON c.id IN {each}"
    " WHERE b.id = :batch_id ORDER BY c.id"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET used = counter.used + 1, cap = excluded.cap"
    " WHERE counter.used + 1 <= excluded.cap RETURNING subject_id, used"
)
LEFT = "SELECT stock - claimed FROM batch b WHERE id = :batch_id"
# Whoever finds no stock has used up nothing.
UNCOUNT = (
    "UPDATE counter SET used = used - 1 WHERE kind = 'person' AND scope_id = :batch_id AND day = ''"
    " AND subject_id IN {each}"
)
FORGET = (
    "DELETE FROM counter WHERE kind = 'person' AND scope_id = :batch_id AND day = '' AND used = 0"
    " AND subject_id IN {each}"
)
# Fences: stock in the WHERE and in the row's CHECK.
TAKE = text(
    "UPDATE batch SET claimed = claimed + :n WHERE id = :batch_id AND claimed + :n <= stock"
    " RETURNING campaign_id, name, face_fen, threshold_fen, stock, person_limit, claim_from, claim_to, valid_from,"
    " valid_to, valid_days"
)
ISSUE = text(
    "INSERT INTO voucher (id, campaign_id, batch_id, citizen_id, ordinal, status, version, face_fen, claimed_at,"
    " valid_from, valid_to) VALUES (:id, :campaign_id, :batch_id, :citizen_id, :ordinal, 'issued', 1, :face_fen,"
    " :at, :valid_from, :valid_to)"
)


def grant(session: Session, asks: Sequence[Ask]) -> list[Issued | Refusal]:
    """Issue what limits and stock allow, in the order of the asks; one outcome for each. Refusals leave no trace.

    A person may ask once for a batch in one call. Raises LostRace when the stock changed after the decision.
    """
    outcomes: dict[Ask, Issued | Refusal] = {}
    for batch_id in sorted({ask.batch_id for ask in asks}):
        outcomes |= _grant_batch(session, batch_id, [ask for ask in asks if ask.batch_id == batch_id])
    return [outcomes[ask] for ask in asks]


def _grant_batch(session: Session, batch_id: str, asks: list[Ask]) -> dict[Ask, Issued | Refusal]:
    counted = session.execute(*_on(session, COUNT, batch_id, asks))
    ordinals = {row.subject_id: row.used for row in counted}
    allowed = [ask for ask in asks if ask.citizen_id in ordinals]
    left = int(session.scalar(text(LEFT + sql.row_lock(session, "b")), {"batch_id": batch_id}) or 0)
    chosen, too_late = allowed[:left], allowed[left:]
    for statement in (UNCOUNT, FORGET) if too_late else ():
        session.execute(*_on(session, statement, batch_id, too_late))
    outcomes: dict[Ask, Issued | Refusal] = dict.fromkeys(asks, Refusal.PERSON_LIMIT)
    return outcomes | dict.fromkeys(too_late, Refusal.SOLD_OUT) | _issue(session, batch_id, chosen, ordinals)


def _on(
    session: Session, statement: str, batch_id: str, asks: list[Ask]
) -> tuple[TextClause, dict[str, str]]:
    ids = json.dumps([ask.citizen_id for ask in asks])
    each = EACH[session.get_bind().dialect.name]
    return text(statement.format(each=each)), {"batch_id": batch_id, "ids": ids}


def _issue(
    session: Session, batch_id: str, asks: list[Ask], ordinals: dict[str, int]
) -> dict[Ask, Issued | Refusal]:
    if not asks:
        return {}
    batch = session.execute(TAKE, {"batch_id": batch_id, "n": len(asks)}).one_or_none()
    if batch is None:
        raise sql.LostRace("batch")
    vouchers = [_voucher(batch, ask, ordinals[ask.citizen_id]) for ask in asks]
    session.execute(ISSUE, vouchers)
    postings = [
        ledger.Transfer(batch.campaign_id, "claim", voucher["id"], "budget", "issued", batch.face_fen)
        for voucher in vouchers
    ]
    ledger.post(session, postings)
    return {ask: Issued(voucher["id"]) for ask, voucher in zip(asks, vouchers, strict=True)}


def _voucher(batch: Any, ask: Ask, ordinal: int) -> dict[str, Any]:
    terms = dict(batch._mapping)
    campaign_id = terms.pop("campaign_id")
    valid_from, valid_to = BatchRules(**terms).validity(ask.at)
    return {
        "id": new_id("vch"),
        "campaign_id": campaign_id,
        "batch_id": ask.batch_id,
        "citizen_id": ask.citizen_id,
        "ordinal": ordinal,
        "face_fen": batch.face_fen,
        "at": ask.at,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
