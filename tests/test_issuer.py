"""The issuer's keys rotate with the master keys of the code."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from app.ankang import issuer
from app.domain import base45, offline
from app.domain.offline import CREDENTIAL, PREFIX, PROOF, Credential, OfflineCode
from tests.kit import inside

OLD, NEW = f"1:{'ab' * 32}", f"2:{'cd' * 32}"
PHONE = Ed25519PrivateKey.generate()
SECOND = (1_800_000_000).to_bytes(4, "big")


def platform(tmp_path: Path, *keys: str) -> Flask:
    """One with these master keys; nothing here asks its database."""
    return inside.build(inside.environment(f"sqlite:///{tmp_path}/none.db", ANKANG_KEYS=",".join(keys)))


def code(app: Flask, epoch: int) -> OfflineCode:
    """A code whose credential this platform signed in this epoch."""
    made = Credential(
        epoch, "012345678", PHONE.public_key().public_bytes_raw(), 0, 0, "vch_" + "0" * 26, 1, 2
    )
    with app.app_context():
        content = made.packed() + issuer.sign(epoch, CREDENTIAL + made.packed())
    proof = SECOND + PHONE.sign(PROOF + content + SECOND)
    found = offline.read(PREFIX + base45.encode(content + proof))
    assert found is not None
    return found


def test_what_an_older_epoch_signed_is_genuine_while_its_key_is_listed(tmp_path: Path):
    """And no longer when the key is gone, nor under another key of the same epoch."""
    before, after = platform(tmp_path, OLD), platform(tmp_path, OLD, NEW)
    shown = code(before, 1)
    for app, expected in (
        (before, True),
        (after, True),
        (platform(tmp_path, NEW), False),
        (platform(tmp_path, f"1:{'ef' * 32}"), False),
    ):
        with app.app_context():
            assert issuer.is_genuine(shown) is expected


def test_each_epoch_has_a_key_of_its_own(tmp_path: Path):
    """Derived: the same on every machine that has the master key, and none of it tells another one."""
    app = platform(tmp_path, OLD, NEW)
    with app.app_context():
        keys = {issuer.public_key(epoch) for epoch in (1, 2)}
        assert len(keys) == 2 and bytes.fromhex("ab" * 32) not in keys
    with platform(tmp_path, OLD).app_context():
        assert issuer.public_key(1) in keys


def test_a_proof_by_another_phone_is_not_genuine(tmp_path: Path):
    """The credential alone is not enough: it can be read by every till."""
    app = platform(tmp_path, OLD)
    shown = code(app, 1)
    forged = Ed25519PrivateKey.generate().sign(shown.signed_by_phone)
    copied = OfflineCode(
        shown.credential,
        shown.shown_at,
        shown.signed_by_issuer,
        shown.issuer_signature,
        shown.signed_by_phone,
        forged,
    )
    with app.app_context():
        assert issuer.is_genuine(shown) and not issuer.is_genuine(copied)
