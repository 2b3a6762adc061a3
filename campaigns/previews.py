"""What an organizer sees of a batch before it is there: its rule, examples, and what would go wrong. Writes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain import campaign as rules
from app.domain.campaign import BatchRules, Fault
from app.domain.refusals import Refusal
from app.domain.rule import rule_of
from app.domain.worked import Worked, telling_orders, worked
from app.models import Batch
from app.vouchers import terms
from campaigns import batch_terms, manage

# They are no columns of a batch, and say nothing about its rule.
BESIDE = ("order_fen", "merchant_ids", "public_value_name")


def preview(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """The rule in both languages, examples worked out, and one entry per fault that is known yet.

    `asked` has kind, face and threshold, perhaps an order (`order_fen`) and whatever else of the batch is filled in.
    """
    named = asked.get("merchant_ids")
    columns = {name: value for name, value in asked.items() if name not in BESIDE}
    batch = Batch(**terms.stored(columns), merchants=len(named or ()))
    faults = batch_terms.lint(session, batch, named) + _faults(asked)
    has_rule = not any(fault.code == "percent_unclear" for fault in faults)
    zh, en = rule_of(terms.of_row(batch), batch.face_fen, batch.threshold_fen) if has_rule else (None, None)
    return {
        "rule_zh": zh,
        "rule_en": en,
        "examples": examples(batch, asked.get("order_fen")) if has_rule else [],
        "faults": [manage.shown_fault(fault) for fault in faults],
    }


def _faults(asked: dict[str, Any]) -> list[Fault]:
    """Those of its times and amounts, as soon as both ends of the claim window are filled in."""
    if asked.get("claim_from") is None or asked.get("claim_to") is None:
        return []
    given: dict[str, Any] = {name: asked.get(name) for name in BatchRules.__dataclass_fields__}
    return rules.lint_batch(BatchRules(**given), clock.now())


def examples(batch: Batch, order_fen: int | None = None) -> list[dict[str, Any]]:
    """This order, or those that show where the voucher begins and where it ends."""
    found = terms.of_row(batch)
    orders = [order_fen] if order_fen else telling_orders(found, batch.face_fen, batch.threshold_fen)
    return [_shown(worked(found, batch.face_fen, batch.threshold_fen, fen)) for fen in orders]


def _shown(example: Worked) -> dict[str, Any]:
    reason: Refusal | None = example.reason
    return {
        "order_fen": example.order_fen,
        "off_fen": example.off_fen,
        "pays_fen": example.pays_fen,
        "shortfall_fen": example.shortfall_fen,
        "reason": reason and reason.code,
    }
