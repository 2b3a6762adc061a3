"""An `AK1:` code as a till without a network reads it: taken apart, then verified by two Ed25519 signatures.

The standard library has no Ed25519: `verifies` takes the `cryptography` package. Without it no offline code is taken.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass, field

PREFIX = "AK1:"
ALLOWANCE = b"ankang/offline-allowance/v1|"
_CREDENTIAL = b"ankang/credential/v1|"
_PROOF = b"ankang/offline-proof/v1|"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LAYOUT = struct.Struct(">BBI32sII26sII64sI64s")
_CREDENTIAL_BYTES, _PHONE_SIGNS = 80, 80 + 64 + 4


@dataclass(frozen=True)
class Code:
    """What a code says; nothing of it is true before `is_genuine`. Instants in whole seconds since 1970."""

    key_id: int
    handle: int
    phone_key: bytes = field(repr=False)
    valid_from: int
    valid_to: int
    voucher_id: str
    face_fen: int
    threshold_fen: int
    issuer_signature: bytes = field(repr=False)
    shown_at: int
    phone_signature: bytes = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The handle with its epoch: good for one use."""
        return f"{self.key_id}/{self.handle:09d}"

    def is_genuine(self, issuer_key: bytes) -> bool:
        """Whether the issuer signed the credential, and its phone the second."""
        by_issuer = _CREDENTIAL + self.content[:_CREDENTIAL_BYTES]
        by_phone = _PROOF + self.content[:_PHONE_SIGNS]
        return verifies(issuer_key, self.issuer_signature, by_issuer) and verifies(
            self.phone_key, self.phone_signature, by_phone
        )


def can_verify() -> bool:
    """Whether this machine can verify Ed25519 signatures."""
    return importlib.util.find_spec("cryptography") is not None


def verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that of this key (32 bytes) under this message."""
    # Imported here: a till that has a network starts without it.
    ed25519 = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    invalid = importlib.import_module("cryptography.exceptions").InvalidSignature
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (invalid, ValueError):
        return False
    return True


def read(text: str) -> Code | None:
    """Take a code apart; None when it cannot be one."""
    try:
        content = _bytes_of(text.removeprefix(PREFIX))
        version, *before, voucher, face, threshold, issuer, second, phone = _LAYOUT.unpack(content)
        voucher_id = "vch_" + voucher.decode("ascii")
    except (ValueError, struct.error):
        return None
    if version != 1 or not text.startswith(PREFIX):
        return None
    key_id, handle, phone_key, starts, ends = before
    terms = (voucher_id, face, threshold)
    return Code(key_id, handle, phone_key, starts, ends, *terms, issuer, second, phone, content)


def _bytes_of(text: str) -> bytes:
    """Base45 (RFC 9285). Raises ValueError."""
    return b"".join(_pair(text[at : at + 3]) for at in range(0, len(text), 3))


def _pair(letters: str) -> bytes:
    number = sum(_LETTERS.index(letter) * 45**place for place, letter in enumerate(letters))
    if len(letters) == 1 or number >= 256 ** (len(letters) - 1):
        raise ValueError("no base45")
    return number.to_bytes(len(letters) - 1, "big")
