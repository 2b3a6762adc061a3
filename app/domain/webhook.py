"""Webhooks: which addresses they may reach, how they are signed, when they are tried again. Pure.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com): `v1,` and base64 of HMAC-SHA-256 over
`id.timestamp.body`.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from app.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_URL = 500
SECOND_MS = 1_000
# How long after the n-th failure the next attempt comes; the last one again and again.
PAUSES_MS = (
    5 * SECOND_MS,
    30 * SECOND_MS,
    2 * MINUTE_MS,
    10 * MINUTE_MS,
    HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
)
GIVE_UP_MS = 5 * DAY_MS
# More than fit into five days, so a receiver that is only away is switched off before.
MOST_FAILURES = 30
# Addresses with another one inside: what is inside may be anything.
TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
PREFIX = "whsec_"


def is_public(address: str) -> bool:
    """Whether this is an address of the open internet: nothing of this machine, its network, or its provider.

    Loopback, private, link-local (and so the metadata of clouds), unique local, carrier's NAT, multicast, reserved: no.
    """
    found: Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found.is_site_local or any(found in network for network in TRANSLATED):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a webhook may go there: the open internet, or a network that was named."""
    return is_public(address) or any(ip_address(address.partition("%")[0]) in network for network in allowed)


def refuse_address(url: str, *, plain: bool, allowed: Sequence[Network] = ()) -> None:
    """Raises ValueError, with the reason, for what no webhook is sent to. `plain`: http will do, too."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("not an address") from error
    if parts.scheme not in (("https", "http") if plain else ("https",)):
        raise ValueError("https only")
    if (
        not url.isascii()
        or any(character <= " " for character in url)
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError("no blanks, fragments, names or passwords")
    if not host or len(url) > MOST_URL:
        raise ValueError("not an address")
    try:
        is_literal = bool(ip_address(host))
    except ValueError:
        is_literal = False
    if is_literal and not may_reach(host, allowed):
        raise ValueError("not an address of the open internet")


def secret_text(secret: bytes) -> str:
    """`whsec_…`: the form in which the secret is handed over."""
    return PREFIX + b64encode(secret).decode()


def signature(secret: str, event_id: str, timestamp_s: int, body: bytes) -> str:
    """`v1,…` of this message under a secret of the form `whsec_…`."""
    signed = f"{event_id}.{timestamp_s}.".encode() + body
    digest = hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")
    return f"v1,{b64encode(digest).decode()}"


def headers(secrets: Sequence[str], event_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """What goes with a message: signed by every secret that is good, so that a receiver changes its own at leisure."""
    signatures = [signature(secret, event_id, timestamp_s, body) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def pause_ms(failures: int) -> int:
    """How long to wait after so many failures."""
    return PAUSES_MS[min(failures, len(PAUSES_MS)) - 1]


def state_after(failures: int) -> str:
    """An event that a receiver refuses while it takes others is left at last; it can be sent again by hand."""
    return "pending" if failures < MOST_FAILURES else "failed"
