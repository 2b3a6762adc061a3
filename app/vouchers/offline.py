"""Uploading what was taken without a network (离线补传): each intent runs the ordinary redemption, once, by its key.

An intent is admitted first: genuine, in time, within its allowance, counted under its key. Then it is redeemed like any
other, under the same key; nothing has happened before SQL accepts that. Both answers are stored, so intents may arrive
twice, in any order and in other batches, and each keeps the outcome it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from app import clock, once
from app.ankang import issuer
from app.ankang.reading import Shown
from app.ankang.scan import Till
from app.domain import offline
from app.domain.ankang_code import Code
from app.domain.offline import CONFLICTS, LIABILITY, LIABLE, OfflineCode
from app.domain.quote import Order
from app.domain.refusals import Kind, Refusal, Refused
from app.vouchers import allowances
from app.vouchers.redeem import redeem
from app.vouchers.redeeming import Request

ADMIT, REDEEM = "offline", "redeem"


@dataclass(frozen=True)
class Intent:
    """What a till took without a network: under its own key, with the code it read, at an instant (epoch ms)."""

    key: str
    allowance_id: str
    code: str
    voucher_id: str
    order_no: str
    order: Order
    taken_at: int

    def write(self, till: Till, operation: str) -> once.Write:
        """Its name: the same intent is the same write in whatever batch it comes."""
        order = (self.order.gross_fen, self.order.merchant_discount_fen, self.order.items)
        content = orjson.dumps(
            (self.allowance_id, self.code, self.voucher_id, self.order_no, order, self.taken_at)
        ).decode()
        return once.Write(till.terminal_id, operation, self.key, once.digest(content))


def upload(till: Till, intents: Sequence[Intent], write: once.Write) -> once.Answer:
    """Redeem each intent, in order; an answer, stored with the batch's key, has a final line for each.

    Raises Refused where some intent was only turned away: then nothing is stored for the batch, and sent again it goes
    on where it stopped.
    """
    known = once.find(write)
    if known is not None:
        return once.final(known)
    outcomes = [(intent, _outcome(till, intent)) for intent in intents]
    for _, outcome in outcomes:
        if isinstance(outcome, Refused) and outcome.refusal.kind is Kind.AWAY:
            raise outcome
    lines = [_line(till, intent, outcome) for intent, outcome in outcomes]
    return once.perform(write, lambda _: once.Answer(200, {"lines": lines}))


def _outcome(till: Till, intent: Intent) -> once.Answer | Refused:
    try:
        return redeem(_request(till, intent, _admitted(till, intent)), intent.write(till, REDEEM))
    except Refused as refused:
        return refused


def _admitted(till: Till, intent: Intent) -> OfflineCode:
    """The intent's code, once it is counted in its allowance. Raises Refused, decided and stored under its key."""
    code = offline.read(intent.code)
    once.perform(intent.write(till, ADMIT), lambda session: _admission(session, till, intent, code))
    assert code is not None
    return code


def _admission(session: Session, till: Till, intent: Intent, code: OfflineCode | None) -> once.Answer:
    refusal = _why_not(session, till, intent, code)
    return once.Answer.refused(Refused(refusal)) if refusal else once.Answer(200)


def _why_not(session: Session, till: Till, intent: Intent, code: OfflineCode | None) -> Refusal | None:
    if code is None or not issuer.is_genuine(code):
        return Refusal.OFFLINE_TAMPERED
    allowance = allowances.find(session, till, intent.allowance_id)
    if allowance is None:
        return Refusal.OFFLINE_ALLOWANCE
    hours = offline.Hours(allowance.valid_from, allowance.valid_to, allowance.upload_until)
    at = clock.database_now(session)
    refusal = offline.why_not(code, intent.voucher_id, hours, intent.taken_at, at)
    if refusal is None and not allowances.take(session, allowance.id, code.credential.face_fen):
        return Refusal.OFFLINE_OVER
    return refusal


def _request(till: Till, intent: Intent, code: OfflineCode) -> Request:
    """As a till with a network would ask.

    Intents of hours arrive within a minute, so equal amounts say nothing here: each was taken with a code of its own.
    """
    handle = code.credential.epoch, code.credential.handle
    return Request(
        till=till,
        scan_token=None,
        code=None,
        voucher_ids=[intent.voucher_id],
        order_no=intent.order_no,
        order=intent.order,
        is_confirmed=True,
        shown=Shown(till, "voucher", Code(*handle, otp=""), handle, code.shown_at),
    )


def _line(till: Till, intent: Intent, outcome: once.Answer | Refused) -> dict[str, Any]:
    """What the till hears of one intent; a conflict names who bears it, and never where the other one came from."""
    line: dict[str, Any] = {"key": intent.key, "order_no": intent.order_no}
    if isinstance(outcome, once.Answer):
        return {**line, "result": "redeemed", "replayed": outcome.replayed, "receipt": outcome.body}
    facts, refusal = dict(outcome.facts), outcome.refusal
    replayed = facts.pop("replayed", False)
    if refusal in CONFLICTS:
        facts = {
            "reason": refusal.code,
            "liability": LIABILITY,
            "liable": LIABLE,
            "merchant_id": till.merchant_id,
        }
        refusal = Refusal.OFFLINE_CONFLICT
    said = {"code": refusal.code, "message": f"{refusal.zh} {refusal.en}", "facts": facts}
    return {**line, "result": "refused", "replayed": replayed, **said}
