"""A credential (离线凭证): the issuer's signed word, fetched online, by which a phone shows one voucher offline."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock, once
from app.ankang import display, issuer
from app.domain.instants import HOUR_MS
from app.domain.offline import CREDENTIAL, CREDENTIAL_LIFE_MS, Credential, needs_network, signed_text
from app.domain.refusals import Refusal, Refused
from app.domain.voucher_state import Status
from app.extensions import settings
from app.vouchers import terms, wallet


def issue(citizen_id: str, voucher_id: str, phone_key: bytes, write: once.Write) -> once.Answer:
    """A credential for this voucher and the phone that holds the key, 32 bytes of Ed25519.

    Raises Refused(VOUCHER_NOT_FOUND, NEEDS_NETWORK).
    """

    def work(session: Session) -> once.Answer:
        row = session.execute(wallet.ONE, {"citizen_id": citizen_id, "voucher_id": voucher_id}).one_or_none()
        if row is None:
            raise Refused(Refusal.VOUCHER_NOT_FOUND)
        return _issued(session, row, phone_key)

    return once.perform(write, work)


def _issued(session: Session, row: Row[Any], phone_key: bytes) -> once.Answer:
    """It ends so early that an intent which is uploaded within the grace finds the voucher valid."""
    at, epoch = clock.database_now(session), settings().current_epoch
    valid_from = max(at, row.valid_from)
    valid_to = min(at + CREDENTIAL_LIFE_MS, row.valid_to - settings().offline_grace_hours * HOUR_MS)
    is_plain = not needs_network(terms.of_row(row), row.face_fen, row.threshold_fen)
    if row.status != Status.ISSUED or not is_plain or valid_from >= valid_to:
        raise Refused(Refusal.NEEDS_NETWORK)
    (handle,) = display.draw(session, epoch, [row.citizen_id], at)
    made = Credential(
        epoch, handle, phone_key, valid_from, valid_to, row.id, row.face_fen, row.threshold_fen
    ).packed()
    shown = {
        "voucher_id": row.id,
        "credential": signed_text(made, issuer.sign(epoch, CREDENTIAL + made)),
        "key_id": epoch,
        "valid_from": clock.iso(valid_from),
        "valid_to": clock.iso(valid_to),
    }
    return once.Answer(201, shown, row.id)
