r"""A till: the example client for POS vendors. Standard library only, so copy this folder and change it.

What a till must do, and this one does:

1. *Sign every request*: `signing.py` says how, with the same in curl.

2. *Keep the Idempotency-Key until the answer is final.* Final is 2xx, and a 4xx that is not `retryable`. Not
   final is `"retryable": true`, 409 `in_progress`, 429, any 5xx, a timeout, a broken connection: wait, then
   send the same body with the same key (signed anew). Only after a final refusal may the next attempt for the
   order carry a new key. When patience ends without a final answer, `NoFinalAnswer` carries the key: keep it
   and continue later, or ask `find(order_no)`, or cancel the order with `reverse`.

    python -m merchant_api.client --url http://127.0.0.1:8000 --key live_01 --secret-file secret.txt \
        --journal open.db scan 88112345678901234567
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from merchant_api.client.signing import content_digest, sign, signature_params

LONGEST_WAIT_S = 5.0
# A displayed code, or a paper voucher's digits as typed, have 20; a paper voucher's QR code has 40.
CODE_LENGTHS = (20, 40)
SUSPENDED = ("merchant_suspended", "store_suspended", "terminal_suspended")
NOT_LET_IN = ("signature_missing", "signature_invalid", "signature_stale", *SUSPENDED)


@dataclass(frozen=True)
class Answer:
    """What the platform said. `replayed`: the stored answer of an earlier request with the same key."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    replayed: bool

    @property
    def final(self) -> bool:
        """Whether this answer can never change: 2xx, or a refusal that the same key cannot overcome."""
        if self.status == 429 or self.status >= 500 or self.body.get("code") == "in_progress":
            return False
        return not self.body.get("retryable", False)

    @property
    def settles(self) -> bool:
        """Whether it also tells what became of earlier attempts; not so where the terminal was not let in."""
        return self.final and self.body.get("code") not in NOT_LET_IN


class NoFinalAnswer(Exception):
    """Patience ended before a final answer: the outcome is unknown; go on with the same `key` only."""

    def __init__(self, key: str | None, last: Answer | None) -> None:
        super().__init__(f"no final answer for idempotency key {key}; last reply: {last and last.status}")
        self.key = key
        self.last = last


class Memory(Protocol):
    """Where open calls are kept, e.g. `journal.py`."""

    def begin(self, key: str, what: str, body: dict[str, Any]) -> None:
        """Before the first attempt."""

    def end(self, key: str) -> None:
        """After the final answer."""


class Till:
    """One terminal of one store.

    `timeout` is for one attempt, `patience` for a whole call with its repetitions, both in seconds; `memory` keeps
    what has no final answer yet. Every method returns the final `Answer` or raises `NoFinalAnswer`; a refusal is
    an answer, not an exception.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        secret: str,
        clock: Callable[[], float] = time.time,
        timeout: float = 5.0,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        memory: Memory | None = None,
    ) -> None:
        url = urlsplit(base_url)
        self._https, self._host, self._port = url.scheme == "https", url.hostname or "", url.port
        self._prefix = url.path.rstrip("/") + "/merchant/v1/"
        plain = self._port in (None, 443 if self._https else 80)
        self._authority = self._host if plain else f"{self._host}:{self._port}"  # the host in lower case
        self._key_id, self._secret = key_id, secret
        self._clock, self._timeout, self._patience, self._sleep = clock, timeout, patience, sleep
        self._memory = memory

    def scan(
        self,
        code: str,
        purpose: str = "voucher",
        gross_fen: int | None = None,
        merchant_discount_fen: int = 0,
        key: str | None = None,
    ) -> Answer:
        """Read a citizen's code. With `gross_fen` the answer holds the quote for that order too."""
        body: dict[str, Any] = {"code": code, "purpose": purpose}
        if gross_fen is not None:
            body["order"] = {"gross_fen": gross_fen, "merchant_discount_fen": merchant_discount_fen}
        return self._write("scans", body, key)

    def quote(self, scan_token: str, gross_fen: int, merchant_discount_fen: int = 0, **more: Any) -> Answer:
        """Which vouchers of the scanned citizen apply to this order, which not and why. `more`: see `redeem`."""
        amounts = {"gross_fen": gross_fen, "merchant_discount_fen": merchant_discount_fen, **more}
        return self._until_final("POST", "quotes", {"scan_token": scan_token, **amounts}, None)

    def redeem(
        self,
        scan: str,
        voucher_ids: list[str] | str,
        order_no: str,
        gross_fen: int,
        merchant_discount_fen: int = 0,
        key: str | None = None,
        **more: Any,
    ) -> Answer:
        """Pay with vouchers, all of them or none, or the "best" ones. `scan`: a scan token, or the 20 digits.

        `more`: further fields, e.g. `items=[{"goods": "dining", "amount_fen": 12_000}]`.
        """
        scanned = {"code" if len(scan) in CODE_LENGTHS and scan.isdigit() else "scan_token": scan}
        order = {"voucher_ids": voucher_ids, "order_no": order_no}
        amounts = {"gross_fen": gross_fen, "merchant_discount_fen": merchant_discount_fen, **more}
        return self._write("redemptions", {**scanned, **order, **amounts}, key)

    def find(self, order_no: str) -> Answer:
        """What became of this order number: redeemed, refused, reversed, or 404 `order_not_found`."""
        return self._until_final("GET", f"redemptions?order_no={quote(order_no, safe='')}", None, None)

    def reverse(
        self,
        order_no: str,
        reason: str,
        key: str | None = None,
        refund_fen: int | None = None,
        approval_id: str | None = None,
    ) -> Answer:
        """Cancel the whole order, also one whose redemption has not arrived yet, or refund a part of it."""
        given = {"reason": reason, "refund_fen": refund_fen, "approval_id": approval_id}
        body = {name: value for name, value in given.items() if value is not None}
        return self._write(f"redemptions/{quote(order_no, safe='')}/reversals", body, key)

    def reserve(
        self,
        scan: str,
        voucher_ids: list[str] | str,
        order_no: str,
        gross_fen: int,
        hold_s: int = 300,
        key: str | None = None,
        **more: Any,
    ) -> Answer:
        """Hold vouchers for this order, to be captured before `hold_until`. `scan` and `more`: see `redeem`."""
        scanned = {"code" if len(scan) in CODE_LENGTHS and scan.isdigit() else "scan_token": scan}
        order = {"voucher_ids": voucher_ids, "order_no": order_no, "gross_fen": gross_fen, "hold_s": hold_s}
        return self._write("reservations", {**scanned, **order, **more}, key)

    def capture(self, order_no: str, gross_fen: int, key: str | None = None, **more: Any) -> Answer:
        """Redeem what is held for this order, by its final amounts: the receipt. `more`: see `redeem`."""
        body = {"gross_fen": gross_fen, **more}
        return self._write(f"reservations/{quote(order_no, safe='')}/captures", body, key)

    def release(self, order_no: str, key: str | None = None) -> Answer:
        """Give back what is held for this order."""
        return self._write(f"reservations/{quote(order_no, safe='')}/releases", {}, key)

    def listing(self, **page: str) -> Answer:
        """A page of the merchant's redemptions, newest first: `limit`, `cursor`, `from`, `to`."""
        return self._until_final("GET", f"redemptions?{urlencode(page)}".rstrip("?"), None, None)

    def rotate_key(self, key: str | None = None) -> Answer:
        """A fresh key id and secret: keep them, then sign with them."""
        return self._write("terminal-keys", {}, key)

    def allowance(self, key: str | None = None) -> Answer:
        """What this terminal may take today without a network: keep it for `offline.py`."""
        return self._write("offline-allowances", {}, key)

    def issuer_keys(self) -> Answer:
        """The public keys that verify offline codes: fetch them daily."""
        return self._until_final("GET", "issuer-keys", None, None)

    def send(self, what: str, body: dict[str, Any], key: str) -> Answer:
        """A write by its address below /merchant/v1/ until its answer is final: how an open call goes on."""
        return self._write(what, body, key)

    def _write(self, what: str, body: dict[str, Any], key: str | None) -> Answer:
        key = key or secrets.token_hex(16)
        if self._memory is not None:
            self._memory.begin(key, what, body)
        answer = self._until_final("POST", what, body, key)
        if self._memory is not None and answer.settles:
            self._memory.end(key)
        return answer

    def _until_final(self, method: str, what: str, body: dict[str, Any] | None, key: str | None) -> Answer:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        give_up_at = time.monotonic() + self._patience
        last: Answer | None = None
        for attempt in itertools.count():
            answer = self._attempt(method, self._prefix + what, content, key)
            if answer is not None and answer.final:
                return answer
            last = answer or last
            pause = _pause(attempt, answer)
            if time.monotonic() + pause > give_up_at:
                break
            self._sleep(pause)
        raise NoFinalAnswer(key, last)

    def _attempt(self, method: str, target: str, content: bytes, key: str | None) -> Answer | None:
        """Send once, signed now. None: no usable reply came, so nobody knows whether it took effect."""
        kind = http.client.HTTPSConnection if self._https else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, target, content or None, self._headers(method, target, content, key))
            return _read(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def _headers(self, method: str, target: str, content: bytes, key: str | None) -> dict[str, str]:
        """The headers of one attempt: fresh `created` and nonce, the same key."""
        path, _, query = target.partition("?")
        components = {"@method": method, "@authority": self._authority, "@path": path, "@query": f"?{query}"}
        headers = {"Accept": "application/json", "Host": self._authority}
        if content:
            headers |= {"Content-Type": "application/json", "Content-Digest": content_digest(content)}
            components["content-digest"] = headers["Content-Digest"]
        if key is not None:
            headers["Idempotency-Key"] = components["idempotency-key"] = key
        params = signature_params(list(components), self._key_id, int(self._clock()), secrets.token_hex(16))
        signature = sign(self._secret, components, params)
        return headers | {"Signature-Input": f"sig1={params}", "Signature": f"sig1=:{signature}:"}


def _pause(attempt: int, answer: Answer | None) -> float:
    """Seconds to wait: what the platform asked for, or twice as long each time, and a little scatter."""
    asked = answer.headers.get("retry-after", "") if answer else ""
    wait = float(asked) if asked.isdigit() else min(0.1 * 2 ** min(attempt, 10), LONGEST_WAIT_S)
    return wait * random.uniform(1.0, 1.3)


def _read(response: http.client.HTTPResponse) -> Answer:
    """The reply as an Answer. A body that is no JSON object counts as no reply (ValueError)."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = json.loads(response.read())
    if not isinstance(body, dict):
        raise ValueError("the reply is not a JSON object")
    return Answer(response.status, body, headers, headers.get("idempotent-replayed") == "true")
