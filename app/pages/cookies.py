"""Sessions of pages: the tokens that the JSON doors give, in cookies that no script can read.

A browser sends a cookie whoever made it send the request. So a write that comes with a cookie has to come from a page
of ours: the browser says so itself, in `Sec-Fetch-Site`, older ones and plain HTTP in `Origin` (ADR 32).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask import Response, request

from app import clock
from app.domain.refusals import Refusal, Refused
from app.extensions import settings

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Actor(StrEnum):
    """Whose session, by the name of its cookie. One browser may hold one of each."""

    CITIZEN = "ankang_citizen"
    MERCHANT_STAFF = "ankang_merchant"
    STAFF = "ankang_staff"


def keep(response: Response, actor: Actor, token: str, expires_at: int) -> None:
    """Put a session that ends at `expires_at` (epoch ms) into the actor's cookie."""
    max_age = max(0, (expires_at - clock.now()) // 1000)
    if actor is Actor.CITIZEN and are_lent():
        lend(response, actor.value, token, max_age, httponly=True)
        return
    response.set_cookie(
        actor.value,
        token,
        max_age=max_age,
        secure=_has_tls(),
        httponly=True,
        # A citizen comes from a link in an SMS or in another app and is still signed in; staff come by themselves.
        samesite="Lax" if actor is Actor.CITIZEN else "Strict",
    )


def forget(response: Response, actor: Actor) -> None:
    """End the session in this browser."""
    response.delete_cookie(actor.value, httponly=True)
    if actor is Actor.CITIZEN and are_lent():
        lend(response, actor.value, "", 0, httponly=True)


def are_lent() -> bool:
    """Whether residents' cookies are wanted where an app shows our pages inside of its own: such ones need TLS.

    Without TLS there is only a developer's machine, where another port is the same site to a browser.
    """
    return bool(settings().embed_origins) and _has_tls()


def lend(response: Response, name: str, value: str, max_age: int, *, httponly: bool = False) -> None:
    """A cookie that is there inside of an app, too, apart for each app, so that no two of them share a session.

    One from before the setting is forgotten: the browser would go on to send it, and first.
    """
    response.delete_cookie(name, httponly=httponly)
    response.set_cookie(
        name, value, max_age=max_age, secure=True, httponly=httponly, samesite="None", partitioned=True
    )


def _has_tls() -> bool:
    return request.is_secure or settings().profile == "production"


def token_of(actor: Actor) -> str | None:
    """The session that came with this request, None without one. Raises Refused(CROSS_SITE)."""
    token = request.cookies.get(actor.value)
    if token is None or not token.isascii():
        return None
    refuse_other_sites()
    return token


def refuse_other_sites() -> None:
    """A write must have been sent by a page of this very platform. Raises Refused(CROSS_SITE)."""
    headers = request.headers
    if request.method not in SAFE_METHODS and not is_own(
        headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host
    ):
        raise Refused(Refusal.CROSS_SITE)


def is_own(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """Whether a browser says that the page which sent a request is of the host that got it."""
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return origin is not None and origin.partition("://")[2] == host


def token_in(head: Mapping[bytes, bytes], actor: Actor) -> bytes | None:
    """`token_of` for who stands in front of Flask and sees the bare headers of a write; None for every doubt."""
    sent = head.get(b"cookie")
    if sent is None:
        return None
    if not is_own(_text(head, b"sec-fetch-site"), _text(head, b"origin"), _text(head, b"host") or ""):
        return None
    mark = f"{actor.value}=".encode()
    return next((part[len(mark) :] for part in sent.split(b"; ") if part.startswith(mark)), None)


def _text(head: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = head.get(name)
    return None if value is None else value.decode("latin-1")
