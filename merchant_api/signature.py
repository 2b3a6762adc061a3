"""Who signs is a terminal: HTTP Message Signatures (RFC 9421), one pinned profile, verified by the reference library.

Requests of the usual form are verified by a shorter way (`pinned.py`); what it does not let in, the library decides.

Covered: `@method @authority @path @query`, on writes also `content-digest` and `idempotency-key`; `hmac-sha256`,
`created` within 300 s of the platform's clock, tag `ankang-pos-v1`. The nonce is signed but not stored: the
idempotency key and SQL stop replays. The second profile, equal in what it covers, is `wechat_style.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Request, g, request
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from sqlalchemy import Connection, Row

from app import clock, rates, sql
from app.ankang.scan import Till
from app.auth import Policy
from app.domain.refusals import Refusal, Refused
from app.terminal_keys import secret_of
from merchant_api import pinned, wechat_style, wire

TAG = "ankang-pos-v1"
SKEW_S = 300
ALWAYS = ("@method", "@authority", "@path", "@query")
FIND_KEY = sql.SetWise(
    "SELECT k.id AS key_id, t.id, t.store_id, t.merchant_id, t.is_test, s.name AS store, m.name AS merchant,"
    " k.status AS key_status, k.expires_at, t.status AS terminal_status, s.status AS store_status,"
    " m.status AS merchant_status, m.category, s.area FROM {items} JOIN terminal_key k ON k.id = item.key_id"
    " JOIN terminal t ON t.id = k.terminal_id JOIN store s ON s.id = t.store_id"
    " JOIN merchant m ON m.id = t.merchant_id",
    key_id="text",
)


class Proved(NamedTuple):
    """The key that signed, and the merchant it says it signs for, if it says so."""

    key_id: str
    merchant_id: str | None = None


class StaleSignature(InvalidSignature):
    """`created` is more than 300 s away from the platform's clock."""


class _Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> bytes:
        return secret_of(key_id).encode()


class _Verifier(HTTPMessageVerifier):
    """The library's verifier on the platform's clock."""

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        created = sig_input.params.get("created")
        if not isinstance(created, int):
            raise InvalidSignature("created is required")
        if abs(created - clock.now() / 1000) > SKEW_S:
            raise StaleSignature("created is out of range")


class _Message:
    """The request as the library wants it."""

    def __init__(self, of: Request) -> None:
        self.method = of.method
        self.url = f"{of.scheme}://{of.host}{wire.target_of(of)}"
        self.headers = of.headers


def check_terminal() -> None:
    """Let a terminal in.

    Raises Refused: SIGNATURE_MISSING, _INVALID or _STALE; MERCHANT_, STORE_ or TERMINAL_SUSPENDED, which only who has
    signed gets to know; TOO_MANY.
    """
    proved = _proved()
    with sql.looking() as connection:
        found = find_keys(connection, [proved.key_id])().get(proved.key_id)
    till = signed_by(found)
    if proved.merchant_id not in (None, till.merchant_id):
        raise Refused(Refusal.SIGNATURE_INVALID)
    g.till, g.caller = till, till.terminal_id
    refuse_suspended(found)
    rates.take(till.terminal_id)


def find_keys(connection: Connection, key_ids: Collection[str]) -> Callable[[], dict[str, Row[Any]]]:
    """The rows of these keys, with what stands of their terminals, stores and merchants now."""
    heard = FIND_KEY.ask(connection, [{"key_id": key_id} for key_id in key_ids])
    return lambda: {row.key_id: row for row in heard()}


def signed_by(key: Row[Any] | None) -> Till:
    """The terminal of a key that has signed. Raises Refused(SIGNATURE_INVALID) where it is none, or no longer signs."""
    if key is None or not _may_sign(key):
        raise Refused(Refusal.SIGNATURE_INVALID)
    return _till(key)


def current_till() -> Till:
    """The terminal the TERMINAL policy let in."""
    till: Till = g.till
    return till


def _proved() -> Proved:
    """Who signed, in either profile."""
    if "Signature-Input" in request.headers:
        return Proved(_verified_key_id())
    if not wechat_style.is_meant(request):
        raise Refused(Refusal.SIGNATURE_MISSING)
    signed = wechat_style.verified(request)
    if abs(signed.at - clock.now() / 1000) > SKEW_S:
        raise _stale()
    return Proved(signed.key_id, signed.merchant_id)


def _stale() -> Refused:
    return Refused(Refusal.SIGNATURE_STALE, server_time=clock.iso(clock.now()))


def _may_sign(key: Row[Any]) -> bool:
    """Asked of SQL for every request, so a revoked key is refused by every process from then on."""
    return key.key_status == "active" and (key.expires_at is None or clock.now() < key.expires_at)


def refuse_suspended(found: Row[Any] | None) -> None:
    """Raises Refused: the widest suspension is the one that is told."""
    assert found is not None
    if found.merchant_status != "active":
        raise Refused(Refusal.MERCHANT_SUSPENDED)
    if found.store_status != "active":
        raise Refused(Refusal.STORE_SUSPENDED)
    if found.terminal_status != "active":
        raise Refused(Refusal.TERMINAL_SUSPENDED)


def _verified_key_id() -> str:
    body = wire.body_of(request)
    covered = ALWAYS + (("content-digest",) if body is not None else ())
    if "Idempotency-Key" in request.headers:
        covered += ("idempotency-key",)
    path, query = wire.path_of(request), request.query_string.decode("latin-1")
    message = pinned.Message(request.method, request.host, path, query, body, request.headers.get)
    found = pinned.key_id(message, covered, secret_of, clock.now() / 1000, SKEW_S)
    return found or _by_library(covered, body)


def _by_library(covered: Sequence[str], body: bytes | None) -> str:
    verifier = _Verifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=_Keys())
    try:
        results = verifier.verify(
            _Message(request), max_age=None, expect_tag=TAG, require_components=covered, body=body
        )
    except StaleSignature as error:
        raise _stale() from error
    except HTTPMessageSignaturesException as error:
        raise Refused(Refusal.SIGNATURE_INVALID) from error
    return str(results[0].parameters["keyid"])


def _till(row: Row[Any]) -> Till:
    return Till(
        terminal_id=row.id,
        store_id=row.store_id,
        merchant_id=row.merchant_id,
        is_test=bool(row.is_test),
        store=row.store,
        merchant=row.merchant,
        category=row.category,
        area=row.area,
    )


TERMINAL = Policy("terminal", check_terminal)
