"""A terminal's allowance (离线额度): how many vouchers, worth how much, it may take without a network, and when.

The document is signed, so that a till shows by itself what it may. What counts is SQL: an intent is counted when it
arrives, by the face of its voucher, whatever becomes of its redemption.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import issuer
from app.ankang.scan import Till
from app.domain.instants import HOUR_MS
from app.domain.offline import ALLOWANCE, LIABILITY, LIABLE
from app.domain.refusals import Refusal, Refused
from app.extensions import settings
from app.ids import new_id

# Fence: one a terminal and day, whatever keys it is asked for with.
GIVE = text(
    "INSERT INTO offline_allowance (id, terminal_id, day, epoch, most_count, most_fen, used_count, used_fen,"
    " valid_from, valid_to, upload_until) VALUES (:id, :terminal_id, :day, :epoch, :most_count, :most_fen, 0, 0,"
    " :valid_from, :valid_to, :upload_until) ON CONFLICT (terminal_id, day) DO NOTHING"
)
OF_DAY = text("SELECT * FROM offline_allowance WHERE terminal_id = :terminal_id AND day = :day")
FIND = text("SELECT * FROM offline_allowance WHERE id = :id AND terminal_id = :terminal_id")
# Fence: within number and sum, or no row changes.
TAKE = text(
    "UPDATE offline_allowance SET used_count = used_count + 1, used_fen = used_fen + :face_fen WHERE id = :id"
    " AND used_count + 1 <= most_count AND used_fen + :face_fen <= most_fen"
)


def give(till: Till, write: once.Write) -> once.Answer:
    """The terminal's allowance of this Shanghai day. Raises Refused(FORBIDDEN) where the platform gives none."""
    if settings().offline_intents == 0:
        raise Refused(Refusal.FORBIDDEN)
    return once.perform(write, lambda session: _given(session, till))


def _given(session: Session, till: Till) -> once.Answer:
    at, limits = clock.database_now(session), settings()
    valid_to = at + limits.offline_hours * HOUR_MS
    named = {"terminal_id": till.terminal_id, "day": clock.day(at)}
    terms = {
        "id": new_id("ofa"),
        "epoch": limits.current_epoch,
        "most_count": limits.offline_intents,
        "most_fen": limits.offline_fen,
        "valid_from": at,
        "valid_to": valid_to,
        "upload_until": valid_to + limits.offline_grace_hours * HOUR_MS,
    }
    session.execute(GIVE, named | terms)
    row = session.execute(OF_DAY, named).one()
    return once.Answer(201, _signed(row), row.id)


def _signed(row: Row[Any]) -> dict[str, Any]:
    """The terms, once to read and once as the text that is signed."""
    terms = {
        "allowance_id": row.id,
        "terminal_id": row.terminal_id,
        "most_count": row.most_count,
        "most_fen": row.most_fen,
        "valid_from": clock.iso(row.valid_from),
        "valid_to": clock.iso(row.valid_to),
        "upload_until": clock.iso(row.upload_until),
        "liability": LIABILITY,
        "liable": LIABLE,
        "key_id": row.epoch,
    }
    document = orjson.dumps(terms, option=orjson.OPT_SORT_KEYS)
    signature = issuer.sign(row.epoch, ALLOWANCE + document)
    return {**terms, "document": document.decode(), "signature": b64encode(signature).decode()}


def find(session: Session, till: Till, allowance_id: str) -> Row[Any] | None:
    """An allowance of this terminal; another's is not found."""
    return session.execute(FIND, {"id": allowance_id, "terminal_id": till.terminal_id}).one_or_none()


def take(session: Session, allowance_id: str, face_fen: int) -> bool:
    """Count one intent of this face; False where number or sum do not allow it."""
    return sql.changed_one(session, TAKE, {"id": allowance_id, "face_fen": face_fen})
