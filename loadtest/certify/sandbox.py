"""The sandbox and the merchant's books, asked directly by a small sender of signed requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

FACES = {20: (2_000, 10_000), 50: (5_000, 20_000)}
"""The batches the list pays with, by what they take off in yuan: face and threshold in fen."""
PATIENCE_S = 30.0
TIMEOUT_S = 10.0


class NoSandbox(Exception):
    """The sandbox cannot be used; the text says why."""


@dataclass(frozen=True)
class Terminal:
    """A platform's address, and a test key of one of its terminals."""

    url: str
    key_id: str
    secret: str = field(repr=False)

    @property
    def authority(self) -> str:
        """What `@authority` covers: the host, and the port where it is not the usual one."""
        address = urlsplit(self.url)
        usual = {"http": 80, "https": 443}[address.scheme]
        return (
            f"{address.hostname}" if address.port in (None, usual) else f"{address.hostname}:{address.port}"
        )

    def connect(self, timeout_s: float = TIMEOUT_S) -> http.client.HTTPConnection:
        """A connection that is not dialled yet."""
        address = urlsplit(self.url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        return kind(address.hostname or "", address.port, timeout=timeout_s)

    def headers(self, method: str, target: str, content: bytes) -> dict[str, str]:
        """A signed request's headers (RFC 9421, `ankang-pos-v1`), with a fresh key where there is a body."""
        path, _, query = target.partition("?")
        covered = {"@method": method, "@authority": self.authority, "@path": path, "@query": f"?{query}"}
        headers = {"Host": self.authority, "Accept": "application/json"}
        if content:
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            headers |= {"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/json"}
            headers["Idempotency-Key"] = f"cert-{secrets.token_hex(12)}"
            covered |= {name: headers[name.title()] for name in ("content-digest", "idempotency-key")}
        names = " ".join(f'"{name}"' for name in covered)
        about = f'created={int(time.time())};nonce="{secrets.token_hex(16)}";keyid="{self.key_id}"'
        params = f'({names});{about};alg="hmac-sha256";tag="ankang-pos-v1"'
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {params}'])
        mac = base64.b64encode(hmac.digest(self.secret.encode(), base.encode(), "sha256")).decode()
        return headers | {"Signature-Input": f"sig1={params}", "Signature": f"sig1=:{mac}:"}


@dataclass(frozen=True)
class Customer:
    """A made-up citizen: a fresh code, and vouchers in the order they were asked for."""

    customer_id: str
    voucher_ids: list[str]
    code: str


class Sandbox:
    """Sets situations up, and reads what became of orders. Raises NoSandbox for every answer that is none of these."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._batches: dict[int, str] = {}

    def open(self) -> None:
        """Find the batches that the list pays with."""
        items = self._ask("GET", "sandbox/batches")["items"]
        for yuan, (face_fen, threshold_fen) in FACES.items():
            wanted = {"face_fen": face_fen, "threshold_fen": threshold_fen, "kind": "full_reduction"}
            fits = [each["batch_id"] for each in items if wanted.items() <= each.items()]
            if not fits:
                raise NoSandbox(f"no sandbox batch with face {face_fen} and threshold {threshold_fen}")
            self._batches[yuan] = fits[0]

    def customer(self, *vouchers: tuple[int, str], condition: str = "active") -> Customer:
        """Somebody with such vouchers: yuan and condition of each."""
        wanted = [{"batch_id": self._batches[yuan], "condition": state} for yuan, state in vouchers]
        made = self._ask("POST", "sandbox/customers", {"condition": condition, "vouchers": wanted})
        return Customer(made["customer_id"], made["voucher_ids"], made["code"])

    def code(self, customer: Customer, condition: str = "fresh") -> str:
        """Another code of this customer."""
        body = {"customer_id": customer.customer_id, "condition": condition}
        return str(self._ask("POST", "sandbox/codes", body)["code"])

    def fault(self, operation: str, code: str, when: str, times: int = 1) -> None:
        """Have the next requests of this terminal for the operation answered by this refusal."""
        body = {"operation": operation, "code": code, "times": times, "when": when}
        self._ask("POST", "sandbox/faults", body)

    def now(self) -> str:
        """The platform's clock, as the listing takes it."""
        return str(self._ask("GET", "redemptions?limit=1")["server_time"])

    def find(self, order_no: str) -> dict[str, Any] | None:
        """The final word on an order; None where nobody knows it."""
        status, body = self._final("GET", f"redemptions?{urlencode({'order_no': order_no})}")
        return self._good("find", status, body) if status != 404 else None

    def listing(self, since: str) -> Iterator[dict[str, Any]]:
        """The merchant's redemptions from this instant on."""
        cursor: dict[str, str] = {}
        while True:
            page = self._ask("GET", f"redemptions?{urlencode({'from': since, 'limit': '100', **cursor})}")
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._good(what, *self._final(method, what, body))

    @staticmethod
    def _good(what: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
        if status >= 300:
            raise NoSandbox(
                f"{what.partition('?')[0]}: {status} {body.get('code')} {body.get('message', '')}"
            )
        return body

    def _final(
        self, method: str, what: str, body: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send until an answer is final, with one key."""
        target = f"/merchant/v1/{what}"
        content = b"" if body is None else json.dumps(body).encode()
        headers = self.terminal.headers(method, target, content)
        give_up_at, why = time.monotonic() + PATIENCE_S, "no answer"
        while time.monotonic() < give_up_at:
            try:
                status, answer, wait_s = self._send(method, target, content, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                why, wait_s = repr(error), 0.3
            else:
                if not answer.get("retryable") and status < 500:
                    return status, answer
                why = f"{status} {answer.get('code')}"
            time.sleep(wait_s)
        raise NoSandbox(f"{method} {what.partition('?')[0]} at {self.terminal.url}: {why}")

    def _send(
        self, method: str, target: str, content: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any], float]:
        connection = self.terminal.connect()
        try:
            connection.request(method, target, content or None, headers)
            reply = connection.getresponse()
            answer = json.loads(reply.read())
            if not isinstance(answer, dict):
                raise ValueError(f"no JSON object: {reply.status}")
            return reply.status, answer, float(reply.headers.get("Retry-After", "0.3"))
        finally:
            connection.close()
