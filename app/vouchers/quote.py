"""The quote (试算): which vouchers of the holder apply to an order, which not and why; which take most off together.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock
from app.ankang.scan import Scanned, Till
from app.domain.best import Best, best
from app.domain.quote import Company, Judged, Order, judge, most_payable, settle_order, subsidies
from app.domain.refusals import Refusal, Refused
from app.domain.rule import rule_of
from app.vouchers import caps, wallet
from app.vouchers.wallet import as_held


@dataclass(frozen=True)
class Visitor:
    """A holder at a till, at an instant (epoch ms): the vouchers, and what the caps of the day leave them."""

    till: Till
    at: int
    rows: Sequence[Row[Any]]
    payer: caps.Payer
    left: caps.Left

    def showing(self, scanned: Scanned) -> Visitor:
        """With what was scanned: a sheet of paper stands for its own voucher alone."""
        if scanned.sheet is None:
            return self
        return replace(self, rows=[row for row in self.rows if row.id == scanned.sheet.voucher_id])


def visitors(session: Session, who: Collection[tuple[str, Till]], at: int) -> dict[tuple[str, Till], Visitor]:
    """These citizens at these tills, with what they have to show there."""
    held = wallet.holdings(session, {(citizen_id, till.merchant_id) for citizen_id, till in who}, at)
    found = {
        (citizen_id, till): (caps.payer(till, citizen_id, at), held.get((citizen_id, till.merchant_id), []))
        for citizen_id, till in who
    }
    capped = {(row.campaign_id, payer) for payer, rows in found.values() for row in rows if row.is_capped}
    left = caps.look(session, capped)
    return {name: Visitor(name[1], at, rows, payer, left) for name, (payer, rows) in found.items()}


def quote(
    session: Session, scanned: Scanned, till: Till, order: Order, wanted: Sequence[str] | None
) -> dict[str, Any]:
    """The quote for one holder, now; with `wanted` also what these vouchers would do together."""
    (found,) = visitors(session, [(scanned.citizen_id, till)], clock.database_now(session)).values()
    visitor = found.showing(scanned)
    shown = quoted(visitor, order)
    if wanted is not None:
        shown["chosen"] = _together(visitor, wanted, order)
    return shown


def quoted(visitor: Visitor, order: Order) -> dict[str, Any]:
    """Every voucher with yes or no, the reason, and the shortfall in fen where there is one; and the best of them."""
    judged = [
        _capped(judge(as_held(row), order, visitor.at, visitor.till.place), visitor, order)
        for row in visitor.rows
    ]
    found = best(judged, order)
    return {
        "order_fen": order.order_fen,
        "vouchers": [
            _judged(row, each, order, found) for row, each in zip(visitor.rows, judged, strict=True)
        ],
        "best": {
            "voucher_ids": [each.held.voucher_id for each in found.chosen],
            "discount_fen": found.discount_fen,
            "customer_pays_fen": order.order_fen - found.discount_fen,
            "is_proven": found.is_proven,
        },
    }


def _capped(judged: Judged, visitor: Visitor, order: Order) -> Judged:
    """The same, unless a cap of the day leaves less than the voucher would take off by itself."""
    if judged.reason is not None:
        return judged
    refused = visitor.left.why_not(visitor.payer, judged.held.campaign_id, most_payable(order, [judged]))
    return judged if refused is None else Judged(judged.held, refused.refusal, refused.facts)


def _judged(row: Row[Any], judged: Judged, order: Order, found: Best) -> dict[str, Any]:
    held, applicable = judged.held, judged.reason is None
    left_out = _why_left_out(judged, found, order)
    return {
        "voucher_id": held.voucher_id,
        "campaign_name": row.campaign_name,
        "batch_name": row.batch_name,
        "kind": held.terms.kind.value,
        "rule": " ".join(rule_of(held.terms, held.face_fen, held.threshold_fen)),
        "face_fen": held.face_fen,
        "threshold_fen": held.threshold_fen,
        "valid_from": clock.iso(held.valid_from),
        "valid_to": clock.iso(held.valid_to),
        "applicable": applicable,
        "reason": None if judged.reason is None else judged.reason.code,
        "message": _message(judged.reason),
        "shortfall_fen": judged.shortfall_fen,
        "facts": dict(judged.facts),
        "eligible_fen": judged.eligible_fen,
        "discount_fen": most_payable(order, [judged]) if applicable else 0,
        "in_best": judged in found.chosen,
        "left_out": None if left_out is None else left_out.code,
    }


def _message(reason: Refusal | None) -> str | None:
    return None if reason is None else f"{reason.zh} {reason.en}"


def _why_left_out(judged: Judged, found: Best, order: Order) -> Refusal | None:
    """What keeps a voucher that applies from paying beside the best ones, of which it is none."""
    if judged.reason is not None or judged in found.chosen:
        return None
    if Company(each.held for each in found.chosen).why_not(judged.held):
        return Refusal.STACKING_CONFLICT
    if most_payable(order, [*found.chosen, judged]) == found.discount_fen:
        return Refusal.NOTHING_LEFT
    return None


def _together(visitor: Visitor, wanted: Sequence[str], order: Order) -> dict[str, Any]:
    """What these vouchers would do together: what they take off, or what stands in the way."""
    held = {row.id: as_held(row) for row in visitor.rows}
    reason: Refusal | None = None
    facts: dict[str, Any] = {}
    discount_fen = 0
    try:
        missing = next((voucher_id for voucher_id in wanted if voucher_id not in held), None)
        if missing is not None:
            raise Refused(Refusal.VOUCHER_NOT_FOUND, voucher_id=missing)
        lines = settle_order(
            [held[voucher_id] for voucher_id in wanted], order, visitor.at, visitor.till.place
        )
        visitor.left.take(visitor.payer, subsidies(lines))
        discount_fen = sum(line.used_fen for line in lines)
    except Refused as refused:
        reason, facts = refused.refusal, refused.facts
    return {
        "voucher_ids": list(wanted),
        "applicable": reason is None,
        "reason": None if reason is None else reason.code,
        "message": _message(reason),
        "facts": facts,
        "discount_fen": discount_fen,
        "customer_pays_fen": order.order_fen - discount_fen,
    }
