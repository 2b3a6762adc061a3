"""The issuer's Ed25519 keys: one an epoch of ANKANG_KEYS, derived from its master key; the current one signs.

Rotating the master keys rotates these: a fresh epoch signs from then on, the older ones verify while they are listed.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.domain.ankang_code import hkdf_expand
from app.domain.offline import OfflineCode
from app.extensions import settings


def sign(epoch: int, message: bytes) -> bytes:
    """The issuer's 64 bytes under a message that begins with what it is."""
    return _key(epoch).sign(message)


def public_key(epoch: int) -> bytes:
    """The 32 bytes by which anybody verifies what was signed in this epoch."""
    return _key(epoch).public_key().public_bytes_raw()


def is_genuine(code: OfflineCode) -> bool:
    """Whether the issuer signed the credential and its phone the moment."""
    credential = code.credential
    if credential.epoch not in settings().ankang_keys:
        return False
    by_issuer = _verifies(public_key(credential.epoch), code.issuer_signature, code.signed_by_issuer)
    return by_issuer and _verifies(credential.phone_key, code.phone_signature, code.signed_by_phone)


def _key(epoch: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        hkdf_expand(settings().ankang_keys[epoch], b"ankang/issuer/v1")
    )


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
