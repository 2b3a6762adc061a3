"""How many requests a web process works on at once; who comes when it is full is told when to come back.

Three marks on one number, the requests in flight: claims stop at the lowest, tills at the highest. So a crowd of
claims can never take the last places, and claims are shed before redemptions, always.
"""

from __future__ import annotations

import random
import threading
from enum import StrEnum

from flask import Flask, g, request

from app import metrics
from app.config import Settings
from app.domain.refusals import Refusal, Refused

# Who enters in front of Flask says so here, and leaves by itself: nobody is counted twice.
ENTERED = "ankang.entered"
LONGEST_WAIT_S = 4


class Kind(StrEnum):
    """What a request is, by who suffers when it is sent away. A displayed code is half of a redemption."""

    CLAIM = "claim"
    OTHER = "other"
    TILL = "till"


_KINDS = {
    "/api/v1/batches/<batch_id>/claims": Kind.CLAIM,
    "/api/v1/ankang-code/displays": Kind.TILL,
}
# A merchant's office is no till, nor is the sandbox: applicants, owners and vendors must not take the last places from
# those who redeem.
_OFFICE = tuple(
    f"/merchant/v1/{door}"
    for door in (
        "applications",
        "bank-accounts",
        "hold-cases",
        "events",
        "issuer-keys",
        "me",
        "refund-approvals",
        "sandbox",
        "sessions",
        "settings",
        "settlements",
        "staff",
        "statements",
        "stores",
        "terminals",
        "webhooks",
    )
)
_ALWAYS_OPEN = {"/healthz", "/readyz", "/metrics"}


class Places:
    """The places of one process. `enter`, and if it let you in, `leave` exactly once.

    What is shown of it in the metrics is told apart, for many at once: counting there is the dear part.
    """

    def __init__(self, claims: int, everything: int) -> None:
        self._marks = {Kind.CLAIM: claims, Kind.OTHER: (claims + everything) // 2, Kind.TILL: everything}
        self._gauges = {kind: metrics.IN_FLIGHT.labels(kind.value) for kind in Kind}
        self._lock = threading.Lock()
        self.taken = 0

    def enter(self, kind: Kind) -> bool:
        """Take a place; False when the mark of this kind is reached."""
        with self._lock:
            if self.taken >= self._marks[kind]:
                return False
            self.taken += 1
        return True

    def leave(self, times: int = 1) -> None:
        """Give places back."""
        with self._lock:
            self.taken -= times

    def show(self, kind: Kind, change: int) -> None:
        """So many more, or fewer, are in flight."""
        self._gauges[kind].inc(change)


def init_app(app: Flask, settings: Settings) -> None:
    """Before anything else is asked: is there a place? The places are `app.extensions["places"]`."""
    places = Places(settings.claims_at_once, settings.requests_at_once)
    app.extensions["places"] = places

    def enter() -> None:
        kind = kind_of(request.url_rule.rule if request.url_rule else "")
        if kind is None or request.environ.get(ENTERED):
            return
        if not places.enter(kind):
            raise turned_away()
        g.place = kind
        places.show(kind, 1)

    def leave(_: BaseException | None) -> None:
        if kind := g.pop("place", None):
            places.leave()
            places.show(kind, -1)

    app.before_request(enter)
    app.teardown_request(leave)


def kind_of(rule: str) -> Kind | None:
    """The kind of a request by its rule of the URL map; None for what is answered even when all places are taken."""
    if rule in _ALWAYS_OPEN:
        return None
    if rule.startswith("/merchant/") and not rule.startswith(_OFFICE):
        return Kind.TILL
    return _KINDS.get(rule, Kind.OTHER)


def turned_away() -> Refused:
    """Come back in one to four seconds: not all at the same moment."""
    return Refused(Refusal.OVERLOADED, retry_after_ms=1000 * random.randint(1, LONGEST_WAIT_S))
