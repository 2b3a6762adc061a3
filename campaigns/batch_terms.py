"""For what, when, where and with which others vouchers of a batch may be redeemed: as an organizer sets and sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.domain.campaign import Fault
from app.domain.rule import rule_of
from app.domain.terms import Terms, lint_terms, shown_window
from app.models import Batch, BatchMerchant, Merchant, Store
from app.vouchers import terms


def set_columns(batch: Batch, changes: dict[str, Any]) -> None:
    """Set what stands in the batch's own row."""
    for name, value in terms.stored(changes).items():
        if name != "merchant_ids":
            setattr(batch, name, value)


def name_merchants(session: Session, batch: Batch, merchant_ids: Sequence[str] | None) -> None:
    """From now on it names these merchants, and no others; None: it names none and is for all."""
    batch.merchants = len(merchant_ids or ())
    session.execute(delete(BatchMerchant).where(BatchMerchant.batch_id == batch.id))
    if merchant_ids:
        rows = [{"batch_id": batch.id, "merchant_id": merchant_id} for merchant_id in merchant_ids]
        session.execute(insert(BatchMerchant), rows)


def lint(session: Session, batch: Batch, merchant_ids: Sequence[str] | None, where: str = "") -> list[Fault]:
    """What would go wrong with its terms, one entry per fault, also where no store meets them."""
    found = terms.of_row(batch)
    faults = lint_terms(found, merchant_ids, where)
    with session.no_autoflush:  # what is faulty must not meet the CHECKs of the table
        return faults or _lint_places(session, found, merchant_ids, where)


def _lint_places(
    session: Session, found: Terms, merchant_ids: Sequence[str] | None, where: str
) -> list[Fault]:
    limits = {"areas": found.areas, "categories": found.categories, "merchant_ids": merchant_ids}
    given = [name for name, limit in limits.items() if limit is not None]
    if not given:
        return []
    if merchant_ids is not None:
        known = select(func.count()).select_from(Merchant).where(Merchant.id.in_(merchant_ids))
        if session.scalar(known) != len(merchant_ids):
            name = f"{where}merchant_ids"
            return [Fault(name, "merchant_unknown", "有商户未登记", "names an unknown merchant")]
    stores = select(Store.id).join(Merchant, Merchant.id == Store.merchant_id)
    stores = stores.where(Store.status == "active", Merchant.status == "active")
    columns = {"areas": Store.area, "categories": Merchant.category, "merchant_ids": Merchant.id}
    for name in given:
        stores = stores.where(columns[name].in_(limits[name] or ()))
    if session.scalar(stores.limit(1)) is not None:
        return []
    return [Fault(where + given[0], "no_store_there", "没有符合条件的门店", "no store meets these limits")]


def merchants_of(session: Session, batches: Iterable[Batch]) -> dict[str, list[str]]:
    """The merchants that batches name, by batch; a batch that names none is not in it."""
    batch_ids = [batch.id for batch in batches if batch.merchants]
    named: dict[str, list[str]] = defaultdict(list)
    if batch_ids:
        wanted = select(BatchMerchant.batch_id, BatchMerchant.merchant_id).order_by(BatchMerchant.merchant_id)
        for row in session.execute(wanted.where(BatchMerchant.batch_id.in_(batch_ids))):
            named[row.batch_id].append(row.merchant_id)
    return named


def named_by(session: Session, batch: Batch) -> list[str] | None:
    """The merchants that this batch names; None where it is for all."""
    return merchants_of(session, [batch]).get(batch.id)


def shown(batch: Batch, merchant_ids: Sequence[str] | None) -> dict[str, Any]:
    """The terms as fields of the batch."""
    found = terms.of_row(batch)
    return {
        "kind": found.kind.value,
        "rule": " ".join(rule_of(found, batch.face_fen, batch.threshold_fen)),
        "off_bp": found.off_bp,
        "goods_in": found.goods_in,
        "goods_out": found.goods_out,
        "weekdays": found.weekdays,
        "hours": None if found.hours is None else [shown_window(window) for window in found.hours],
        "areas": found.areas,
        "categories": found.categories,
        "merchant_ids": merchant_ids,
        "exclusive_group": found.exclusive_group,
        "per_order": found.per_order,
    }
