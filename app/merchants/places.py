"""Who may redeem: merchants, their stores, terminals and keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock, once
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.models import Merchant, Store, Terminal, TerminalKey
from app.terminal_keys import new_key_id


def register(session: Session, terms: dict[str, Any]) -> once.Answer:
    """A merchant of a name and a category, small or not."""
    merchant = Merchant(id=new_id("mer"), status="active", created_at=clock.now(), **terms)
    session.add(merchant)
    return once.Answer(201, {"merchant_id": merchant.id, "status": "active", **terms}, merchant.id)


def add_store(session: Session, merchant_id: str, terms: dict[str, Any]) -> once.Answer:
    """A store of this merchant."""
    if session.get(Merchant, merchant_id) is None:
        raise Refused(Refusal.MERCHANT_NOT_FOUND)
    store = Store(id=new_id("sto"), merchant_id=merchant_id, status="active", created_at=clock.now(), **terms)
    session.add(store)
    return once.Answer(201, {"store_id": store.id, "merchant_id": merchant_id, **terms}, store.id)


def add_terminal(session: Session, store_id: str, terms: dict[str, Any]) -> once.Answer:
    """A terminal of this store."""
    store = session.get(Store, store_id)
    if store is None:
        raise Refused(Refusal.STORE_NOT_FOUND)
    owner = {"store_id": store_id, "merchant_id": store.merchant_id}
    terminal = Terminal(id=new_id("trm"), status="active", created_at=clock.now(), **owner, **terms)
    session.add(terminal)
    return once.Answer(201, {"terminal_id": terminal.id, **owner, **terms}, terminal.id)


def hand_out_key(session: Session, terminal_id: str) -> once.Answer:
    """A key id for this terminal; the secret is derived from it, so it is never in the stored answer."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise Refused(Refusal.TERMINAL_NOT_FOUND)
    key_id = new_key_id(terminal.is_test)
    session.add(TerminalKey(id=key_id, terminal_id=terminal_id, status="active", created_at=clock.now()))
    return once.Answer(201, {"key_id": key_id, "terminal_id": terminal_id}, key_id)
