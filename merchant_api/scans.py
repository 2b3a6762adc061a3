"""Scanning at the till: the decided answer of a scan, and what the holder's vouchers say to an order."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import once, sql
from app.ankang import apply, scan
from app.ankang.scan import Scanned, Till
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.models import Citizen
from app.vouchers import quote


def scan_code(till: Till, digits: str, purpose: str, order: Order | None, write: once.Write) -> once.Answer:
    """Verify a code; with `purpose=voucher` and an order also quote. A refusal is decided: stored and replayed."""

    def decide(session: Session) -> once.Answer:
        try:
            scanned = scan.accept(session, till, digits, purpose)
        except Refused as refused:
            return once.Answer.refused(refused)
        return once.Answer(201, _shown(session, till, scanned, order), scanned.scan_id)

    found = once.find(write)
    return once.final(found) if found else once.perform(write, decide)


def quote_scan(till: Till, token: str, order: Order) -> dict[str, Any]:
    """The quote for a scanned holder. Changes nothing."""
    with sql.reading() as session:
        scanned = scan.resolve(session, till, token)
        if scanned.purpose != "voucher":
            raise Refused(Refusal.SCAN_PURPOSE)
        return quote.quote(session, scanned.citizen_id, order, till.is_test)


def _shown(session: Session, till: Till, scanned: Scanned, order: Order | None) -> dict[str, Any]:
    wants_quote = order is not None and scanned.purpose == "voucher"
    return {
        "scan_id": scanned.scan_id,
        "scan_token": scan.token_of(scanned.scan_id),
        "expires_at": scanned.expires_at,
        "holder": apply.holder(session.get_one(Citizen, scanned.citizen_id)),
        "purpose": scanned.purpose,
        "quote": quote.quote(session, scanned.citizen_id, order, till.is_test)
        if wants_quote and order
        else None,
    }
