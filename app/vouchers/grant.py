"""Issuing vouchers set-wise, inside the caller's write transaction: the one way a voucher comes into being.

However many are asked for, it is a handful of statements: person limits, the batches, their stock, vouchers, postings.
Rows are locked in the one lock order (design 3.2): counters of persons, then batches, then their campaigns' budgets of
the day, each sorted by primary key; and only then is anything decided, in the order of arrival, by what the locked rows
say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock, outbox, sql
from app.domain.campaign import BatchRules
from app.domain.event import Kind
from app.domain.refusals import Refusal
from app.ids import new_id
from app.vouchers import ledger

# Fences: the statement's WHERE and the row's CHECK (used <= cap). A limit that is not set counts nothing.
COUNT_PERSONS = sql.SetWise(
    "WITH asked AS (SELECT p.id AS citizen_id, item.day, b.id AS batch_id, b.person_limit, b.campaign_id,"
    " c.person_limit AS campaign_limit, c.person_day_limit AS day_limit FROM {items}"
    " JOIN citizen p ON p.id = item.citizen_id JOIN batch b ON b.id = item.batch_id"
    " JOIN campaign c ON c.id = b.campaign_id WHERE p.status = 'active')"
    " INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " SELECT kind, scope_id, subject_id, day, 1, cap FROM ("
    "SELECT 'person' AS kind, batch_id AS scope_id, citizen_id AS subject_id, '' AS day, person_limit AS cap FROM asked"
    " UNION ALL SELECT 'person_campaign', campaign_id, citizen_id, '', campaign_limit FROM asked"
    " UNION ALL SELECT 'person_day', campaign_id, citizen_id, day, day_limit FROM asked"
    ") AS wanted WHERE cap IS NOT NULL ORDER BY kind, scope_id, subject_id, day"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET used = counter.used + 1, cap = excluded.cap"
    " WHERE counter.used + 1 <= excluded.cap RETURNING kind, scope_id, subject_id, day, used",
    citizen_id="text",
    batch_id="text",
    day="text",
)
COUNTER = {"kind": "text", "scope_id": "text", "subject_id": "text", "day": "text"}
_NAME = ", ".join(COUNTER)
_OF_ITEM = " AND ".join(f"counter.{column} = item.{column}" for column in COUNTER)
UNCOUNT = sql.SetWise(f"UPDATE counter SET used = used - 1 FROM {{items}} WHERE {_OF_ITEM}", **COUNTER)
FORGET = sql.SetWise(
    f"DELETE FROM counter WHERE used = 0 AND ({_NAME}) IN (SELECT {_NAME} FROM {{items}})", **COUNTER
)
HOLD_BUDGET = sql.SetWise(
    "INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " SELECT DISTINCT 'day_budget', c.id, '', item.day, 0, c.daily_budget_fen FROM {items}"
    " JOIN batch b ON b.id = item.batch_id JOIN campaign c ON c.id = b.campaign_id"
    " WHERE c.daily_budget_fen IS NOT NULL ORDER BY 2, 4"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET cap = excluded.cap"
    " RETURNING scope_id, day, cap - used AS left_fen",
    batch_id="text",
    day="text",
)
SPEND_BUDGET = sql.SetWise(
    f"UPDATE counter SET used = used + item.fen FROM {{items}} WHERE {_OF_ITEM}"
    " AND counter.used + item.fen <= counter.cap",
    **COUNTER,
    fen="bigint",
)
LOCK = sql.SetWise(
    "SELECT b.id, b.campaign_id, b.gate_epoch, b.stock - b.claimed AS unclaimed, b.name, b.kind, b.face_fen,"
    " b.threshold_fen, b.stock, b.person_limit, b.claim_from, b.claim_to, b.valid_from, b.valid_to, b.valid_days,"
    " c.name AS campaign_name, c.person_limit AS campaign_limit, c.person_day_limit AS day_limit, c.daily_budget_fen"
    " FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE b.id IN (SELECT batch_id FROM {items}) ORDER BY b.id",
    lock="b",
    batch_id="text",
)
# Fences: stock in the WHERE and in the row's CHECK; the epoch lets no admission of an older gate land.
TAKE_UNITS = sql.SetWise(
    "UPDATE batch SET claimed = claimed + item.units FROM {items} WHERE batch.id = item.batch_id"
    " AND batch.gate_epoch = item.epoch AND batch.claimed + item.units <= batch.stock",
    batch_id="text",
    epoch="bigint",
    units="bigint",
)
ISSUE = sql.SetWise(
    "INSERT INTO voucher (id, campaign_id, batch_id, citizen_id, ordinal, status, version, face_fen, claimed_at,"
    " valid_from, valid_to) SELECT id, campaign_id, batch_id, citizen_id, ordinal, 'issued', 1, face_fen, claimed_at,"
    " valid_from, valid_to FROM {items} WHERE true",
    id="text",
    campaign_id="text",
    batch_id="text",
    citizen_id="text",
    ordinal="bigint",
    face_fen="bigint",
    claimed_at="bigint",
    valid_from="bigint",
    valid_to="bigint",
)
ACTIVE = sql.SetWise(
    "SELECT p.id FROM citizen p JOIN {items} ON item.citizen_id = p.id WHERE p.status = 'active'",
    citizen_id="text",
)
# The counters a person's claim raises, in the order in which their refusals are told.
LIMITS = {
    "person": Refusal.PERSON_LIMIT,
    "person_campaign": Refusal.PERSON_LIMIT,
    "person_day": Refusal.DAY_LIMIT,
}


class StaleEpoch(Exception):
    """The gate was rebuilt after this claim passed it: it passes the gate again with its key."""


class Ask(NamedTuple):
    """One voucher of this batch for this person. `at` is the instant of the claim (epoch ms).

    With an epoch, the gate's epoch and the claim window are judged too; a draw or a list has neither.
    """

    citizen_id: str
    batch_id: str
    at: int
    epoch: int | None = None


class Issued(NamedTuple):
    """A voucher that exists when the transaction commits, with the row it is made of and the batch it is from."""

    voucher_id: str
    voucher: dict[str, Any]
    batch: Row[Any]


Outcome = Issued | Refusal | StaleEpoch
Purse = tuple[str, str]  # campaign and Shanghai day


def grant(session: Session, asks: Sequence[Ask]) -> list[Outcome]:
    """Issue what limits, stock and budget allow, in the order of arrival; one outcome per ask, in the same order.

    A person may ask once in one call. Refusals leave no trace. Raises LostRace when a fence closed after the decision.
    """
    if len({ask.citizen_id for ask in asks}) < len(asks):
        raise ValueError("a person may ask once in one call")
    names = [{"citizen_id": who, "batch_id": batch, "day": clock.day(at)} for who, batch, at, _ in asks]
    counted = _count_persons(session, names)
    wanted = [{"batch_id": batch} for batch in {ask.batch_id for ask in asks}]
    batches = {row.id: row for row in LOCK.run(session, wanted)}
    budgets = _hold_budgets(session, [name for name in names if _is_budgeted(batches[name["batch_id"]])])
    decided = _decide(asks, counted, budgets, batches)
    refused = [ask for ask, outcome in zip(asks, decided, strict=True) if not isinstance(outcome, Issued)]
    _uncount(session, [row for ask in refused for row in counted.get(ask.citizen_id, {}).values()])
    _write(session, [outcome for outcome in decided if isinstance(outcome, Issued)])
    return _with_suspensions(session, names, decided) if refused else decided


def _count_persons(session: Session, names: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Row[Any]]]:
    """The counters that were raised, by person and kind."""
    counted: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
    for row in COUNT_PERSONS.run(session, names):
        counted[row.subject_id][row.kind] = row
    return counted


def _is_budgeted(batch: Row[Any]) -> bool:
    return batch.daily_budget_fen is not None


def _hold_budgets(session: Session, names: Sequence[Mapping[str, Any]]) -> dict[Purse, int]:
    """What is left of the day in campaigns that have a daily budget, their rows locked."""
    if not names:
        return {}
    rows = HOLD_BUDGET.run(session, names)
    return {(row.scope_id, row.day): int(row.left_fen) for row in rows}


def _decide(
    asks: Sequence[Ask],
    counted: dict[str, dict[str, Row[Any]]],
    budgets: dict[Purse, int],
    batches: dict[str, Row[Any]],
) -> list[Outcome]:
    """The rules, on locked rows, in the order of arrival."""
    unclaimed = {batch.id: int(batch.unclaimed) for batch in batches.values()}
    rules = {batch.id: _rules(batch) for batch in batches.values()}
    limits = {batch.id: _limits(batch) for batch in batches.values()}
    outcomes: list[Outcome] = []
    for ask in asks:
        batch, raised = batches[ask.batch_id], counted.get(ask.citizen_id, {})
        purse = batch.campaign_id, clock.day(ask.at)
        left_fen = budgets.get(purse, batch.face_fen)
        refusal = (
            _by_gate(ask, batch)
            or _by_person(raised, limits[batch.id])
            or _by_batch(batch, unclaimed, left_fen)
        )
        if refusal is None:
            unclaimed[batch.id] -= 1
            if purse in budgets:
                budgets[purse] -= batch.face_fen
        outcomes.append(refusal or _issued(ask, batch, rules[batch.id], raised["person"].used))
    return outcomes


def _by_gate(ask: Ask, batch: Row[Any]) -> Refusal | StaleEpoch | None:
    if ask.epoch is None:
        return None
    if ask.epoch != batch.gate_epoch:
        return StaleEpoch()
    return None if batch.claim_from <= ask.at < batch.claim_to else Refusal.CLAIM_ENDED


def _limits(batch: Row[Any]) -> list[str]:
    """The counters that a claim of this batch must raise."""
    counts = {"person": True, "person_campaign": batch.campaign_limit, "person_day": batch.day_limit}
    return [kind for kind, limit in counts.items() if limit]


def _by_person(raised: dict[str, Row[Any]], limits: list[str]) -> Refusal | None:
    return next((LIMITS[kind] for kind in limits if kind not in raised), None)


def _by_batch(batch: Row[Any], unclaimed: dict[str, int], left_fen: int) -> Refusal | None:
    if unclaimed[batch.id] < 1:
        return Refusal.SOLD_OUT
    return Refusal.DAILY_BUDGET if left_fen < batch.face_fen else None


def _issued(ask: Ask, batch: Row[Any], rules: BatchRules, ordinal: int) -> Issued:
    valid_from, valid_to = rules.validity(ask.at)
    voucher_id = new_id("vch")
    voucher = {
        "id": voucher_id,
        "campaign_id": batch.campaign_id,
        "batch_id": batch.id,
        "citizen_id": ask.citizen_id,
        "ordinal": ordinal,
        "face_fen": batch.face_fen,
        "claimed_at": ask.at,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    return Issued(voucher_id, voucher, batch)


def _rules(batch: Row[Any]) -> BatchRules:
    return BatchRules(**{name: getattr(batch, name) for name in BatchRules.__dataclass_fields__})


def _uncount(session: Session, raised: list[Row[Any]]) -> None:
    """Whoever is refused has used up nothing."""
    rows = [row._asdict() for row in raised]
    UNCOUNT.run(session, rows)
    FORGET.run(session, rows)


def _write(session: Session, issued: list[Issued]) -> None:
    if not issued:
        return
    _spend_budgets(session, issued)
    units = Counter((each.batch.id, each.batch.gate_epoch) for each in issued)
    taken = [{"batch_id": name, "epoch": epoch, "units": count} for (name, epoch), count in units.items()]
    TAKE_UNITS.must(session, taken, "batch")
    ISSUE.run(session, [each.voucher for each in issued])
    postings = [
        ledger.Transfer(
            each.batch.campaign_id, "claim", each.voucher_id, "budget", "issued", each.batch.face_fen
        )
        for each in issued
    ]
    at = max(each.voucher["claimed_at"] for each in issued)
    ledger.post(session, postings, at)
    outbox.tell(session, Kind.CLAIMED, [each.voucher_id for each in issued], at)


def _spend_budgets(session: Session, issued: list[Issued]) -> None:
    spent: Counter[Purse] = Counter()
    for each in issued:
        if _is_budgeted(each.batch):
            spent[each.batch.campaign_id, clock.day(each.voucher["claimed_at"])] += each.batch.face_fen
    rows = [
        {"kind": "day_budget", "scope_id": scope, "subject_id": "", "day": day, "fen": fen}
        for (scope, day), fen in spent.items()
    ]
    SPEND_BUDGET.must(session, rows, "day_budget")


def _with_suspensions(
    session: Session, names: Sequence[Mapping[str, Any]], decided: list[Outcome]
) -> list[Outcome]:
    """A suspended person raised no counter, which looks like a limit: told as what it is."""
    active = set(ACTIVE.run(session, names).scalars())
    return [
        Refusal.CITIZEN_SUSPENDED
        if outcome is Refusal.PERSON_LIMIT and name["citizen_id"] not in active
        else outcome
        for name, outcome in zip(names, decided, strict=True)
    ]
