"""Personal data at rest: AES-256-GCM boxes, and keyed blind indexes to find equal values again.

The keys live outside the database. A box is `version (1 byte) | nonce (12) | ciphertext and tag`; its context
(`aad`, such as "citizen.name|ctz_…") is authenticated with it, so a box moved to another row does not open.
A plain hash would not do as an index: there are too few ID numbers for it to hide one.
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
VERSION = b"\x01"
NONCE_BYTES = 12


class BrokenSeal(Exception):
    """The box was altered, cut, moved to another context, or sealed with another key."""


class Vault:
    """Seals and opens texts; holds the two keys (32 bytes each, else ValueError)."""

    def __init__(self, data_key: bytes, index_key: bytes) -> None:
        """Refuse keys of another length: AES would quietly take 16 bytes."""
        if len(data_key) != KEY_BYTES or len(index_key) != KEY_BYTES:
            raise ValueError(f"a vault needs two keys of {KEY_BYTES} bytes")
        self._cipher = AESGCM(data_key)
        self._index_key = index_key

    def seal(self, plain: str, aad: str) -> bytes:
        """Encrypt for this context; the same text never gives the same box twice."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, plain.encode(), _bound(aad))

    def open(self, box: bytes, aad: str) -> str:
        """Decrypt a box of this context, or raise BrokenSeal."""
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        if box[:1] != VERSION or len(nonce) != NONCE_BYTES:
            raise BrokenSeal("not a box of this vault")
        try:
            return self._cipher.decrypt(nonce, sealed, _bound(aad)).decode()
        except InvalidTag:
            raise BrokenSeal("the seal does not match") from None

    def blind_index(self, kind: str, normalised: str) -> str:
        """64 hex characters, equal for equal values of one kind and unrelated between kinds."""
        key = hmac.digest(self._index_key, f"ankang/index/v1|{kind}".encode(), "sha256")
        return hmac.digest(key, normalised.encode(), "sha256").hex()


def _bound(aad: str) -> bytes:
    """The authenticated context; it carries the version, so a box cannot be passed off as another format."""
    return VERSION + aad.encode()
