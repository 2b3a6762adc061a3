"""Campaigns and batches: create, edit, lint, and every change of a campaign's state, in this one place."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import redis
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import campaign as rules
from app.domain.campaign import Act, BatchRules, Fault, State
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.gate import memory, rebuild
from app.ids import new_id
from app.models import Batch, Campaign, PostingClock
from app.vouchers import ledger
from app.vouchers.terms import stored
from campaigns import batch_terms, lottery

DAY_CAPS = ("day_subsidy_fen", "citizen_day_fen", "terminal_day_fen", "merchant_day_fen")
CHANGE_STATE = text("UPDATE campaign SET state = :after WHERE id = :campaign_id AND state = :before")
# A claim admitted before the change must not land after it: the epoch fence waits for those in flight.
SHUT_OUT = text("UPDATE batch SET gate_epoch = gate_epoch + 1 WHERE campaign_id = :campaign_id")
RAISE_STOCK = text(
    "UPDATE batch SET stock = :stock, gate_epoch = gate_epoch + 1 WHERE id = :batch_id AND claimed <= :stock"
)


def create_campaign(session: Session, terms: dict[str, Any], author_id: str) -> once.Answer:
    """A draft, invisible to the public."""
    campaign = Campaign(
        id=new_id("cmp"),
        **terms,
        state=State.DRAFT.value,
        allotted_fen=0,
        author_id=author_id,
        created_at=clock.now(),
    )
    session.add(campaign)
    session.flush()
    session.add(PostingClock(campaign_id=campaign.id, last_no=0, last_at=0))
    return once.Answer(201, shown(session, campaign), campaign.id)


def create_batch(session: Session, campaign_id: str, terms: dict[str, Any]) -> once.Answer:
    """A batch of a draft. Raises Refused(CAMPAIGN_INVALID) with one entry per fault; then nothing is created."""
    campaign = locked(session, campaign_id)
    _refuse_unless_draft(campaign)
    terms = dict(terms)  # the caller's are whole when this runs again
    value_name, named = terms.pop("public_value_name", None), terms.pop("merchant_ids", None)
    refuse_faults(rules.lint_mode(terms.get("mode", "first_come"), value_name))
    batch = Batch(
        id=new_id("bat"),
        campaign_id=campaign_id,
        claimed=0,
        gate_epoch=0,
        gate_shards=settings().gate_shards,
        created_at=clock.now(),
        merchants=len(named or ()),
        **stored(terms),
    )
    others = sum(other.stock * other.face_fen for other in batches_of(session, campaign_id))
    promised = others + batch.stock * batch.face_fen
    refuse_faults(
        rules.lint_batch(_rules(batch), clock.now())
        + batch_terms.lint(session, batch, named)
        + rules.lint_budget(promised, campaign.budget_fen)
    )
    session.add(batch)
    session.flush()
    batch_terms.name_merchants(session, batch, named)
    if value_name is not None:
        lottery.prepare(session, batch.id, value_name)
    return once.Answer(201, shown_batch(batch, named), batch.id)


def edit_campaign(session: Session, campaign_id: str, changes: dict[str, Any]) -> once.Answer:
    """Change a draft's name or budget."""
    campaign = locked(session, campaign_id)
    _refuse_unless_draft(campaign)
    for name, value in changes.items():
        setattr(campaign, name, value)
    session.flush()
    return once.Answer(200, shown(session, campaign), campaign_id)


def edit_batch(session: Session, batch_id: str, changes: dict[str, Any]) -> once.Answer:
    """Change a batch: anything of a draft; later its stock only, up within the budget, never below what is claimed.

    Raises Refused(HARMFUL_EDIT) for what would harm vouchers already issued.
    """
    batch = find_batch(session, batch_id)
    campaign = locked(session, batch.campaign_id)
    if campaign.state == State.DRAFT:
        if (value_name := changes.get("public_value_name")) is not None:
            lottery.rename_value(session, batch_id, value_name)
        _edit_draft(session, batch, {name: changes[name] for name in changes if name != "public_value_name"})
    elif campaign.state in rules.ENDED:
        raise Refused(Refusal.WRONG_STATE, state=campaign.state)
    elif set(changes) != {"stock"}:
        raise Refused(Refusal.HARMFUL_EDIT, fields=sorted(set(changes) - {"stock"}))
    else:
        _change_stock(session, batch, changes["stock"])
    _keep_within_budget(session, campaign)
    return once.Answer(200, shown_batch(batch, batch_terms.named_by(session, batch)), batch_id)


def _edit_draft(session: Session, batch: Batch, changes: dict[str, Any]) -> None:
    named = changes["merchant_ids"] if "merchant_ids" in changes else batch_terms.named_by(session, batch)
    with session.no_autoflush:
        batch_terms.set_columns(batch, changes)
        faults = rules.lint_batch(_rules(batch), clock.now()) + batch_terms.lint(session, batch, named)
    refuse_faults(faults)
    if "merchant_ids" in changes:
        batch_terms.name_merchants(session, batch, named)


def _change_stock(session: Session, batch: Batch, stock: int) -> None:
    lottery.refuse_below_places(session, batch.id, stock)
    if not sql.changed_one(session, RAISE_STOCK, {"batch_id": batch.id, "stock": stock}):
        raise Refused(Refusal.HARMFUL_EDIT, claimed=batch.claimed)
    session.refresh(batch)


def _keep_within_budget(session: Session, campaign: Campaign) -> None:
    promised = sum(each.stock * each.face_fen for each in batches_of(session, campaign.id))
    refuse_faults(rules.lint_budget(promised, campaign.budget_fen))
    if campaign.approver_id is not None:
        campaign.allotted_fen = promised


def _refuse_unless_draft(campaign: Campaign) -> None:
    if campaign.state != State.DRAFT:
        raise Refused(Refusal.WRONG_STATE, state=campaign.state)


def lint(session: Session, campaign_id: str) -> list[Fault]:
    """Everything that would go wrong with this campaign as it stands."""
    campaign = find_campaign(session, campaign_id)
    batches = batches_of(session, campaign_id)
    named = batch_terms.merchants_of(session, batches)
    faults = rules.lint([_rules(batch) for batch in batches], campaign.budget_fen, clock.now())
    return faults + [
        fault
        for n, batch in enumerate(batches)
        for fault in batch_terms.lint(session, batch, named.get(batch.id), f"batches[{n}].")
    ]


def change_state(session: Session, campaign_id: str, act: Act, actor_id: str) -> once.Answer:
    """One act on a campaign: the table says whether it is possible, the UPDATE's condition that it happens once."""
    campaign = locked(session, campaign_id)
    before = State(campaign.state)
    after = rules.move(before, act)
    if act is Act.SUBMIT:
        refuse_faults(lint(session, campaign_id))
    if act is Act.APPROVE:
        _approve(session, campaign, actor_id)
    named = {"campaign_id": campaign_id, "before": before.value, "after": after.value}
    if not sql.changed_one(session, CHANGE_STATE, named):
        raise sql.LostRace("campaign")
    session.execute(SHUT_OUT, {"campaign_id": campaign_id})
    session.refresh(campaign)
    return once.Answer(200, shown(session, campaign), campaign_id)


def _approve(session: Session, campaign: Campaign, actor_id: str) -> None:
    """A second person lets the campaign go; its budget is funded and allotted to its batches."""
    if actor_id == campaign.author_id:
        raise Refused(Refusal.SELF_APPROVAL)
    refuse_faults(lint(session, campaign.id))
    allotted = sum(batch.stock * batch.face_fen for batch in batches_of(session, campaign.id))
    granted = {"approver_id": actor_id, "approved_at": clock.now(), "allotted_fen": allotted}
    session.execute(update(Campaign).where(Campaign.id == campaign.id).values(**granted))
    ledger.post(
        session,
        [ledger.Transfer(campaign.id, "fund", campaign.id, "treasury", "budget", campaign.budget_fen)],
        clock.database_now(session),
    )


def open_gates(campaign_id: str) -> None:
    """Set the gates from SQL after a change was committed. With Redis away the sweeper and the next claim do it."""
    with sql.reading() as session:
        batch_ids = [batch.id for batch in batches_of(session, campaign_id)]
    refused_before = [_set_gate(batch_id) for batch_id in batch_ids]
    if any(refused_before):
        memory.outlive()


def open_gate(batch_id: str) -> None:
    """Set one gate from SQL; a draft has none. What is claimable again is so in every process on return."""
    if _set_gate(batch_id):
        memory.outlive()


def _set_gate(batch_id: str) -> bool:
    """True where some process may still be saying that nobody can win."""
    with suppress(redis.RedisError, Refused):
        refused_before = memory.may_refuse(batch_id)
        rebuild.rebuild(batch_id)
        return refused_before
    return False


def find_campaign(session: Session, campaign_id: str) -> Campaign:
    """The campaign. Raises Refused(CAMPAIGN_NOT_FOUND)."""
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise Refused(Refusal.CAMPAIGN_NOT_FOUND)
    return found


def find_batch(session: Session, batch_id: str) -> Batch:
    """The batch. Raises Refused(BATCH_NOT_FOUND)."""
    found = session.get(Batch, batch_id)
    if found is None:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    return found


def batches_of(session: Session, campaign_id: str) -> list[Batch]:
    """The campaign's batches in the order they were made."""
    return list(session.scalars(select(Batch).where(Batch.campaign_id == campaign_id).order_by(Batch.id)))


def refuse_faults(faults: list[Fault]) -> None:
    """Raises Refused(CAMPAIGN_INVALID) with one entry per fault, if there are any."""
    if faults:
        raise Refused(Refusal.CAMPAIGN_INVALID, errors=[shown_fault(fault) for fault in faults])


def shown_fault(fault: Fault) -> dict[str, str]:
    """A fault as an entry of `errors`."""
    return {"field": fault.field, "code": fault.code, "message": f"{fault.zh} {fault.en}"}


def shown(session: Session, campaign: Campaign) -> dict[str, Any]:
    """The campaign as the organizer sees it."""
    batches = batches_of(session, campaign.id)
    named = batch_terms.merchants_of(session, batches)
    windows = [(batch.claim_from, batch.claim_to) for batch in batches]
    return {
        "campaign_id": campaign.id,
        "name": campaign.name,
        "state": rules.shown(State(campaign.state), windows, clock.now()),
        "is_test": campaign.is_test,
        "budget_fen": campaign.budget_fen,
        "allotted_fen": campaign.allotted_fen,
        "person_limit": campaign.person_limit,
        "person_day_limit": campaign.person_day_limit,
        "daily_budget_fen": campaign.daily_budget_fen,
        **{name: getattr(campaign, name) for name in DAY_CAPS},
        "author_id": campaign.author_id,
        "approver_id": campaign.approver_id,
        "created_at": clock.iso(campaign.created_at),
        "batches": [shown_batch(batch, named.get(batch.id)) for batch in batches],
    }


def shown_batch(batch: Batch, merchant_ids: list[str] | None) -> dict[str, Any]:
    """A batch as the organizer sees it, with the merchants it names."""
    instants = {name: getattr(batch, name) for name in ("claim_from", "claim_to", "valid_from", "valid_to")}
    return {
        "batch_id": batch.id,
        "name": batch.name,
        **batch_terms.shown(batch, merchant_ids),
        "mode": batch.mode,
        "face_fen": batch.face_fen,
        "threshold_fen": batch.threshold_fen,
        "stock": batch.stock,
        "claimed": batch.claimed,
        "remaining": batch.stock - batch.claimed,
        "person_limit": batch.person_limit,
        "valid_days": batch.valid_days,
        **{name: None if at is None else clock.iso(at) for name, at in instants.items()},
    }


def locked(session: Session, campaign_id: str) -> Campaign:
    """The campaign, locked. Rows of batches are locked before it (the one lock order)."""
    find_campaign(session, campaign_id)
    session.execute(
        text("SELECT id FROM batch b WHERE campaign_id = :id ORDER BY id" + sql.row_lock(session, "b")),
        {"id": campaign_id},
    )
    return session.scalars(
        select(Campaign)
        .where(Campaign.id == campaign_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _rules(batch: Batch) -> BatchRules:
    return BatchRules(**{name: getattr(batch, name) for name in BatchRules.__dataclass_fields__})
