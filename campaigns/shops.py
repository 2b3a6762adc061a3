"""Merchants as the organizer's staff look at them: found by name, and one with all that belongs to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.refusals import Refusal, Refused
from app.merchants import bank
from app.models import Merchant, MerchantApplication, MerchantStaff, Store, Terminal, TerminalKey

Counts = dict[str, int]


def listed(
    session: Session, words: str = "", status: str = "", cursor: str = "", limit: int = 50
) -> dict[str, Any]:
    """A page of merchants whose name holds these words, newest first, each with how many stores and terminals."""
    wanted = select(Merchant).order_by(Merchant.id.desc()).limit(limit + 1)
    if words:
        wanted = wanted.where(Merchant.name.contains(words, autoescape=True))
    if status:
        wanted = wanted.where(Merchant.status == status)
    if cursor:
        wanted = wanted.where(Merchant.id < cursor)
    found = list(session.scalars(wanted))
    shown, more = found[:limit], len(found) > limit
    ids = [merchant.id for merchant in shown]
    stores, terminals = _count(session, Store, ids), _count(session, Terminal, ids)
    items = [
        {**_brief(merchant), "stores": stores.get(merchant.id, 0), "terminals": terminals.get(merchant.id, 0)}
        for merchant in shown
    ]
    return {"items": items, "next_cursor": ids[-1] if more else None}


def shown(session: Session, merchant_id: str) -> dict[str, Any]:
    """One merchant: its stores with their terminals and keys, its staff by role, what holds its payouts.

    Raises Refused(MERCHANT_NOT_FOUND).
    """
    found = session.get(Merchant, merchant_id)
    if found is None:
        raise Refused(Refusal.MERCHANT_NOT_FOUND)
    application = select(MerchantApplication.id).where(MerchantApplication.merchant_id == merchant_id)
    return {
        **_brief(found),
        "stores": _stores(session, merchant_id),
        "staff": _staff(session, merchant_id),
        "bank": bank.of_merchant(session, merchant_id),
        "application_id": session.scalar(application),
    }


def store(session: Session, store_id: str) -> tuple[Store, Merchant]:
    """A store and whose it is. Raises Refused(STORE_NOT_FOUND)."""
    found = session.get(Store, store_id)
    if found is None:
        raise Refused(Refusal.STORE_NOT_FOUND)
    return found, session.get_one(Merchant, found.merchant_id)


def _brief(merchant: Merchant) -> dict[str, Any]:
    return {
        "merchant_id": merchant.id,
        "name": merchant.name,
        "category": merchant.category,
        "is_small": merchant.is_small,
        "status": merchant.status,
        "created_at": clock.iso(merchant.created_at),
    }


def _count(session: Session, part: type[Store] | type[Terminal], merchant_ids: list[str]) -> Counts:
    wanted = select(part.merchant_id, func.count()).where(part.merchant_id.in_(merchant_ids))
    return {row[0]: row[1] for row in session.execute(wanted.group_by(part.merchant_id))}


def _staff(session: Session, merchant_id: str) -> Counts:
    wanted = select(MerchantStaff.role, func.count()).where(
        MerchantStaff.merchant_id == merchant_id, MerchantStaff.status == "active"
    )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(MerchantStaff.role))}


def _stores(session: Session, merchant_id: str) -> list[dict[str, Any]]:
    of_store: dict[str, list[dict[str, Any]]] = {}
    for terminal in _terminals(session, merchant_id):
        of_store.setdefault(terminal["store_id"], []).append(terminal)
    rows = session.scalars(select(Store).where(Store.merchant_id == merchant_id).order_by(Store.id))
    return [{**vars(row), "terminals": of_store.get(row.id, [])} for row in rows]


def _terminals(session: Session, merchant_id: str) -> list[dict[str, Any]]:
    keys: dict[str, list[dict[str, Any]]] = {}
    of_merchant = select(TerminalKey).join(Terminal, Terminal.id == TerminalKey.terminal_id)
    of_merchant = of_merchant.where(Terminal.merchant_id == merchant_id)
    for key in session.scalars(of_merchant.order_by(TerminalKey.created_at.desc(), TerminalKey.id)):
        keys.setdefault(key.terminal_id, []).append(vars(key))
    rows = session.scalars(select(Terminal).where(Terminal.merchant_id == merchant_id).order_by(Terminal.id))
    return [{**vars(row), "keys": keys.get(row.id, [])} for row in rows]
