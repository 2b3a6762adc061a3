"""Vouchers at a till without a network (离线核销): the `AK1:` code, and what is judged of an intent by itself.

A code is Base45 of `credential | issuer's signature | second | phone's signature` (ADR 0023). The issuer signs, while
the phone is online, that this handle stands for this voucher; the phone signs the second in which it shows the code. An
intent is no redemption: it becomes one only when SQL accepts it. All instants are epoch ms.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from app.domain import base45
from app.domain.instants import DAY_MS
from app.domain.refusals import Refusal
from app.domain.terms import Kind, Terms

PREFIX = "AK1:"
VERSION = 1
SIGNATURE_BYTES = 64
CREDENTIAL_LIFE_MS = DAY_MS
FRESH_MS = 120_000
"""How far the clocks of phone, till and platform may be apart, together with the time it takes to show and scan."""
# What is signed begins with what it is, so that no signature can be taken for one of another kind.
CREDENTIAL = b"ankang/credential/v1|"
PROOF = b"ankang/offline-proof/v1|"
ALLOWANCE = b"ankang/offline-allowance/v1|"
# Who bears an intent that came second: named in every allowance and every conflict.
LIABILITY = "second_to_arrive"
LIABLE = "merchant"
# Either the code or its voucher was used elsewhere, which no till can see without a network.
CONFLICTS = frozenset({Refusal.CODE_CONSUMED, Refusal.VOUCHER_USED})
MOST_FEN = 2**32 - 1
_LAYOUT = struct.Struct(">BBI32sII26sII")
_SECOND = struct.Struct(">I")
_VOUCHER = "vch_"


@dataclass(frozen=True)
class Credential:
    """The issuer's word: whoever signs with `phone_key` may use this voucher, once, with this handle of this epoch."""

    epoch: int
    handle: str
    phone_key: bytes
    valid_from: int
    valid_to: int
    voucher_id: str
    face_fen: int
    threshold_fen: int

    def packed(self) -> bytes:
        """Its 80 bytes; instants in whole seconds."""
        return _LAYOUT.pack(
            VERSION,
            self.epoch,
            int(self.handle),
            self.phone_key,
            self.valid_from // 1000,
            self.valid_to // 1000,
            self.voucher_id.removeprefix(_VOUCHER).encode("ascii"),
            self.face_fen,
            self.threshold_fen,
        )


@dataclass(frozen=True)
class OfflineCode:
    """A code as it was read; nothing in it is true before both signatures are verified."""

    credential: Credential
    shown_at: int
    signed_by_issuer: bytes = field(repr=False)
    issuer_signature: bytes = field(repr=False)
    signed_by_phone: bytes = field(repr=False)
    phone_signature: bytes = field(repr=False)


@dataclass(frozen=True)
class Hours:
    """When intents may be taken, and until when they may arrive."""

    valid_from: int
    valid_to: int
    upload_until: int


def read(text: str) -> OfflineCode | None:
    """Take a code apart; None when it cannot be one of ours."""
    try:
        content = base45.decode(text.removeprefix(PREFIX))
        return _parts(content) if text.startswith(PREFIX) else None
    except (ValueError, struct.error):
        return None


def _parts(content: bytes) -> OfflineCode:
    ends = _LAYOUT.size, _LAYOUT.size + SIGNATURE_BYTES, _LAYOUT.size + SIGNATURE_BYTES + _SECOND.size
    credential, by_issuer, second, by_phone = (
        content[: ends[0]],
        content[ends[0] : ends[1]],
        content[ends[1] : ends[2]],
        content[ends[2] :],
    )
    (shown_at,) = _SECOND.unpack(second)
    return OfflineCode(
        credential=_unpacked(credential),
        shown_at=shown_at * 1000,
        signed_by_issuer=CREDENTIAL + credential,
        issuer_signature=by_issuer,
        signed_by_phone=PROOF + content[: ends[2]],
        phone_signature=by_phone,
    )


def _unpacked(content: bytes) -> Credential:
    version, epoch, handle, phone_key, starts, ends, voucher, face, threshold = _LAYOUT.unpack(content)
    if version != VERSION or handle >= 10**9:
        raise ValueError("no credential of this version")
    voucher_id = _VOUCHER + voucher.decode("ascii")
    times = starts * 1000, ends * 1000
    return Credential(epoch, f"{handle:09d}", phone_key, *times, voucher_id, face, threshold)


def signed_text(credential: bytes, signature: bytes) -> str:
    """What the phone gets: the first part of every code that it shows, an even number of bytes."""
    return base45.encode(credential + signature)


def needs_network(terms: Terms, face_fen: int, threshold_fen: int) -> bool:
    """Whether a till without a network could not know what this voucher takes off, or whether it may.

    A credential holds face and threshold; what depends on goods, hours, places or a percentage does not fit.
    """
    plain = Terms(terms.kind, exclusive_group=terms.exclusive_group, per_order=terms.per_order)
    return terms != plain or terms.kind is Kind.PERCENT or max(face_fen, threshold_fen) > MOST_FEN


def why_not(code: OfflineCode, voucher_id: str, hours: Hours, taken_at: int, at: int) -> Refusal | None:
    """What speaks against an intent with a genuine code, taken at one instant, arrived at another.

    The till's clock says when it was taken: one that is slow takes nothing "before" what it has just been given.
    """
    credential = code.credential
    if voucher_id != credential.voucher_id:
        return Refusal.OFFLINE_TAMPERED
    if at >= hours.upload_until:
        return Refusal.OFFLINE_LATE
    if not hours.valid_from - FRESH_MS <= taken_at < hours.valid_to or taken_at > at + FRESH_MS:
        return Refusal.OFFLINE_HOURS
    is_valid = credential.valid_from - FRESH_MS <= taken_at < credential.valid_to
    if not is_valid or abs(taken_at - code.shown_at) > FRESH_MS:
        return Refusal.CODE_EXPIRED
    return None
