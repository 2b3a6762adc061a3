"""How many requests a minute one terminal may send, told in every answer (draft-ietf-httpapi-ratelimit-headers).

Each web process counts for itself, in memory: a terminal that reaches several of them may send more, never less. The
limits of logins stand in Redis; here that would be a round trip on every scan and redemption.
"""

from __future__ import annotations

import math
import threading
from time import monotonic
from typing import NamedTuple, cast

from flask import Flask, Response, current_app, g

from app.config import Settings
from app.domain.refusals import Refusal, Refused

WINDOW_S = 60


class Left(NamedTuple):
    """What a caller may still send (below zero: one too many), and in how many seconds all of it is given anew."""

    requests: int
    reset_s: int

    def require(self) -> None:
        """Raises Refused(TOO_MANY) for who has sent one too many."""
        if self.requests < 0:
            raise Refused(Refusal.TOO_MANY, retry_after_ms=1000 * self.reset_s)


class Quota:
    """So many requests a window of each caller. All windows of a process begin together, so old counts go at once."""

    def __init__(self, most: int) -> None:
        self.policy = f'"terminal";q={most};w={WINDOW_S}'
        self._most = most
        self._used: dict[str, int] = {}
        self._ends = 0.0
        self._lock = threading.Lock()

    def take(self, caller: str) -> Left:
        """Count one request of this caller."""
        now = monotonic()
        with self._lock:
            if now >= self._ends:
                self._used, self._ends = {}, now + WINDOW_S
            used = self._used[caller] = self._used.get(caller, 0) + 1
        return Left(self._most - used, math.ceil(self._ends - now))

    def told(self, left: Left) -> dict[str, str]:
        """The headers that say so."""
        fields = f'"terminal";r={max(left.requests, 0)};t={left.reset_s}'
        return {"RateLimit-Policy": self.policy, "RateLimit": fields}


def init_app(app: Flask, settings: Settings) -> None:
    """Give the terminals their quota; whoever was counted reads what is left in the headers."""
    quota = Quota(settings.till_requests_a_minute)
    app.extensions["till_quota"] = quota

    def tell(response: Response) -> Response:
        left: Left | None = g.get("left")
        if left is not None:
            response.headers.update(quota.told(left))
        return response

    app.after_request(tell)


def take(terminal_id: str) -> None:
    """Count this request for a terminal that has proved who it is. Raises Refused(TOO_MANY)."""
    g.left = quota_of(current_app).take(terminal_id)
    g.left.require()


def quota_of(app: Flask) -> Quota:
    """The quota of this process's terminals."""
    return cast("Quota", app.extensions["till_quota"])
