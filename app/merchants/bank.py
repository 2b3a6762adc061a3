"""A merchant's bank account: changed by its staff, verified by the organizer's, and holding payouts in between.

Versions are rows. A change replaces a version that still waits; what was verified stays readable for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.domain import payout_hold as rules
from app.domain.instants import HOUR_MS
from app.domain.payout_hold import AccountState, AccountVersion, Hold
from app.domain.refusals import Refusal, Refused
from app.extensions import settings, vault
from app.ids import new_id
from app.merchants.numbers import masked
from app.models import BankAccount, Merchant

# Changes of one merchant come one after the other; a row that keeps its key holds up no redemption.
HOLD_MERCHANT = text("UPDATE merchant SET status = status WHERE id = :merchant_id")
REPLACE = text(
    "UPDATE bank_account SET state = 'replaced' WHERE merchant_id = :merchant_id AND state = 'pending'"
)
DECIDE = text(
    "UPDATE bank_account SET state = :state, decided_by = :actor_id, decided_at = :at, reason = :reason"
    " WHERE id = :id AND state = 'pending'"
)


def hand_in(
    session: Session, merchant_id: str, terms: dict[str, str], changed_by: str | None = None
) -> once.Answer:
    """A new version, to be verified; `terms` are bank_name, account_name and account_number.

    It replaces one that still waits; that one merchant has two of them is refused by a unique index.
    """
    session.execute(HOLD_MERCHANT, {"merchant_id": merchant_id})
    session.execute(REPLACE, {"merchant_id": merchant_id})
    latest = select(func.max(BankAccount.version)).where(BankAccount.merchant_id == merchant_id)
    account_id = new_id("bac")
    made = BankAccount(
        id=account_id,
        merchant_id=merchant_id,
        version=1 + (session.scalar(latest) or 0),
        bank_name=terms["bank_name"],
        account_name_ct=vault().seal(terms["account_name"], f"bank_account.name|{account_id}"),
        account_number_ct=vault().seal(terms["account_number"], f"bank_account.number|{account_id}"),
        state=AccountState.PENDING.value,
        changed_by=changed_by,
        changed_at=clock.now(),
        reason="",
    )
    session.add(made)
    session.flush()
    return once.Answer(201, shown(made), account_id)


def decide(session: Session, account_id: str, to: AccountState, actor_id: str, reason: str) -> once.Answer:
    """Verify or refuse a pending version. Raises Refused: BANK_ACCOUNT_NOT_FOUND or WRONG_STATE."""
    found = find(session, account_id)
    decided = {"state": to.value, "actor_id": actor_id, "at": clock.now(), "reason": reason}
    if not sql.changed_one(session, DECIDE, {"id": account_id, **decided}):
        raise Refused(Refusal.WRONG_STATE, state=found.state)
    session.refresh(found)
    return once.Answer(200, shown(found), account_id)


def find(session: Session, account_id: str) -> BankAccount:
    """The version. Raises Refused(BANK_ACCOUNT_NOT_FOUND)."""
    found = session.get(BankAccount, account_id)
    if found is None:
        raise Refused(Refusal.BANK_ACCOUNT_NOT_FOUND)
    return found


def holds(session: Session, merchant_ids: Collection[str]) -> dict[str, Hold | None]:
    """What keeps each of these merchants from being paid now, None where nothing does."""
    wanted = select(BankAccount).where(BankAccount.merchant_id.in_(merchant_ids))
    versions: dict[str, list[AccountVersion]] = {merchant_id: [] for merchant_id in merchant_ids}
    for row in session.scalars(wanted):
        version = AccountVersion(row.version, AccountState(row.state), row.changed_at)
        versions[row.merchant_id].append(version)
    now, cooling_ms = clock.now(), settings().bank_cooling_hours * HOUR_MS
    return {merchant_id: rules.hold(each, now, cooling_ms) for merchant_id, each in versions.items()}


def of_merchant(session: Session, merchant_id: str) -> dict[str, Any]:
    """All versions, newest first, and what holds payouts."""
    wanted = select(BankAccount).where(BankAccount.merchant_id == merchant_id)
    rows = session.scalars(wanted.order_by(BankAccount.version.desc()))
    hold = holds(session, [merchant_id])[merchant_id]
    return {
        "items": [shown(row) for row in rows],
        "hold_reason": hold.reason.value if hold else None,
        "hold_until": clock.iso(hold.until) if hold and hold.until else None,
    }


def listed(session: Session, state: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of versions of all merchants, newest first."""
    wanted = select(BankAccount).order_by(BankAccount.id.desc()).limit(limit + 1)
    if state:
        wanted = wanted.where(BankAccount.state == state)
    if cursor:
        wanted = wanted.where(BankAccount.id < cursor)
    items = [shown(row) for row in session.scalars(wanted)]
    more = len(items) > limit
    return {"items": items[:limit], "next_cursor": items[limit - 1]["account_id"] if more else None}


def shown(row: BankAccount) -> dict[str, Any]:
    """A version without what is sealed, but for the last four digits."""
    number = vault().open(row.account_number_ct, f"bank_account.number|{row.id}")
    return {
        "account_id": row.id,
        "merchant_id": row.merchant_id,
        "version": row.version,
        "bank_name": row.bank_name,
        "account_masked": masked(number),
        "state": row.state,
        "changed_at": clock.iso(row.changed_at),
        "reason": row.reason,
    }


def opened(session: Session, account_id: str) -> dict[str, Any]:
    """A version in the clear, for who compares it with the documents."""
    row = find(session, account_id)
    return {
        **shown(row),
        "merchant": session.get_one(Merchant, row.merchant_id).name,
        "account_name": vault().open(row.account_name_ct, f"bank_account.name|{row.id}"),
        "account_number": vault().open(row.account_number_ct, f"bank_account.number|{row.id}"),
    }
