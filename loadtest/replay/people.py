"""The three kinds of people at the platform's doors, over HTTP: citizens, tills, organizers.

Everybody says which answer they expect; any other, and every 5xx, raises `Unexpected` and ends the replay.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gevent

from loadtest.replay.names import Identity
from loadtest.replay.wire import Reply, Wire, signed

Expected = tuple[int | str, ...]
Head = Callable[[str, str, bytes], str]
DONE: Expected = (200, 201, 202)
PATIENCE_S = 60.0
# Not an answer yet: wait, then the same request again. Guards stay on, so a few of these are natural.
WAITS = ("too_many_requests", "otp_too_soon", "voucher_busy", "in_progress")


class Unexpected(Exception):
    """The platform said something else than it should; the text holds both."""


def new_key() -> str:
    """An idempotency key."""
    return secrets.token_hex(12)


@dataclass
class Log:
    """How long answers took (seconds, by door), and how often somebody was told to wait (by code)."""

    took_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    waited: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        """All answered requests."""
        return sum(map(len, self.took_s.values()))


@dataclass
class Caller:
    """Somebody with an address and a connection of their own."""

    wire: Wire
    log: Log

    def ask(self, door: str, method: str, target: str, body: Any, expect: Expected, head: Head) -> Reply:
        """Ask until the answer is more than "wait". Raises Unexpected when it is not one of `expect`."""
        content = b"" if body is None else json.dumps(body).encode()
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            began = time.monotonic()
            reply = self.wire.ask(method, target, head(method, target, content), content)
            self.log.took_s[door].append(time.monotonic() - began)
            if reply.status in expect or reply.code in expect:
                return reply
            if reply.code not in WAITS or time.monotonic() > give_up_at:
                raise Unexpected(f"{method} {target}: expected {expect}, got {reply.status} {reply.body}")
            self.log.waited[reply.code] += 1
            gevent.sleep(reply.retry_after_s or 0.05)

    def cut_off(self, target: str, body: Any, head: Head) -> None:
        """POST and hang up before the reply."""
        content = json.dumps(body).encode()
        self.wire.send("POST", target, head("POST", target, content), content)
        self.wire.close()


def bearer(token: str, key: str = "") -> Head:
    """The headers of somebody who is signed in; `key` for writes."""
    lines = f"Authorization: Bearer {token}\r\n" if token else ""
    lines += f"Idempotency-Key: {key}\r\n" if key else ""
    return lambda *_: lines


@dataclass
class SmsFile:
    """Reads one-time codes from the file the demo sends its messages to."""

    path: Path
    _codes: dict[str, str] = field(default_factory=dict)
    _read: int = 0

    def code_for(self, phone: str) -> str:
        """The last code sent to this phone, used up by the call. Raises Unexpected when none came in five seconds."""
        for _ in range(500):
            self._take_in()
            if phone in self._codes:
                return self._codes.pop(phone)
            gevent.sleep(0.01)
        raise Unexpected(f"no SMS for {phone} in {self.path}")

    def _take_in(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        for line in whole.splitlines():
            message = json.loads(line)
            self._codes[message["phone"]] = message["code"]


@dataclass
class Citizen(Caller):
    """A citizen's phone. `vouchers` holds the voucher ids by the position of the batch."""

    who: Identity
    token: str = ""
    vouchers: dict[int, str] = field(default_factory=dict)

    def sign_in(self, messages: SmsFile) -> bool:
        """Open a session by SMS. Returns whether this phone's owner has an Ankang code already."""
        phone = {"phone": self.who.phone}
        self.post("otp", "/api/v1/otp", phone)
        answer = {**phone, "sms_code": messages.code_for(self.who.phone)}
        session = self.post("sessions", "/api/v1/sessions", answer).body
        self.token = session["token"]
        return bool(session["applied"])

    def register(self) -> None:
        """Apply for the Ankang code."""
        form = {"name": self.who.name, "id_number": self.who.id_number}
        reply = self.post("apply", "/api/v1/ankang-code", form, key=new_key())
        if not reply.body["holder"].startswith(self.who.name[0]) or self.who.name in reply.body["holder"]:
            raise Unexpected(f"holder: {reply.body['holder']}")
        self.token = reply.body["token"]

    def apply(self, messages: SmsFile) -> None:
        """Sign in by SMS and apply for the Ankang code."""
        self.sign_in(messages)
        self.register()

    def claim(self, batch_id: str, key: str, expect: Expected = (201,)) -> Reply:
        """Claim a voucher of the batch."""
        return self.post("claims", f"/api/v1/batches/{batch_id}/claims", {}, expect, key)

    def claim_cut_off(self, batch_id: str, key: str) -> Reply:
        """Lose the reply of a claim, repeat it with its key, and be told that it was granted."""
        self.cut_off(f"/api/v1/batches/{batch_id}/claims", {}, bearer(self.token, key))
        return self.claim(batch_id, key, (200, 201))

    def display(self) -> str:
        """A fresh code: its 20 digits."""
        code: str = self.post("displays", "/api/v1/ankang-code/displays", {}, (201,)).body["code"]
        return code

    def look(self, door: str, target: str) -> dict[str, Any]:
        """Read something of one's own."""
        return self.ask(door, "GET", target, None, (200,), bearer(self.token)).body

    def post(self, door: str, target: str, body: Any, expect: Expected = DONE, key: str = "") -> Reply:
        """Send something."""
        return self.ask(door, "POST", target, body, expect, bearer(self.token, key))


@dataclass
class Till(Caller):
    """A till of a shop, with the key an organizer handed out."""

    key_id: str
    secret: bytes

    def twin(self) -> Till:
        """The same till on a connection of its own."""
        return replace(self, wire=Wire(self.wire.port, self.wire.source))

    def scan(
        self, code: str, expect: Expected = (201,), order: Any = None, purpose: str = "voucher"
    ) -> Reply:
        """Read a code; with an order the answer holds the quote."""
        body = {"code": code, "purpose": purpose} | ({"order": order} if order else {})
        return self.post("scans", "/merchant/v1/scans", body, expect, new_key())

    def quote(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The vouchers with what they are good for."""
        vouchers: list[dict[str, Any]] = self.post("quotes", "/merchant/v1/quotes", body, (200,)).body[
            "vouchers"
        ]
        return vouchers

    def redeem(self, body: dict[str, Any], expect: Expected = (201,), key: str = "") -> Reply:
        """Pay an order with vouchers."""
        return self.post("redemptions", "/merchant/v1/redemptions", body, expect, key or new_key())

    def redeem_cut_off(self, body: dict[str, Any]) -> Reply:
        """Lose the reply of a redemption and repeat it with its key."""
        key = new_key()
        self.cut_off("/merchant/v1/redemptions", body, self.sign(key))
        return self.redeem(body, (200, 201), key)

    def find(self, number: str) -> dict[str, Any]:
        """What became of an order."""
        target = f"/merchant/v1/redemptions?order_no={quote(number)}"
        return self.ask("orders", "GET", target, None, (200,), self.sign()).body

    def reverse(self, number: str, expect: Expected = (201,)) -> Reply:
        """Cancel an order."""
        target = f"/merchant/v1/redemptions/{quote(number)}/reversals"
        return self.post("reversals", target, {"reason": "顾客退货"}, expect, new_key())

    def post(self, door: str, target: str, body: Any, expect: Expected, key: str = "") -> Reply:
        """Send something, signed; without a key only what changes nothing."""
        return self.ask(door, "POST", target, body, expect, self.sign(key))

    def sign(self, key: str = "") -> Head:
        """A new signature for every attempt."""
        return partial(_signed_lines, self.key_id, self.secret, self.wire.port, key)


def _signed_lines(
    key_id: str, secret: bytes, port: int, key: str, method: str, target: str, body: bytes
) -> str:
    return signed(key_id, secret, port, method, target, key, body)


@dataclass
class Organizer(Caller):
    """Somebody of the district's commerce bureau."""

    token: str = ""

    def sign_in(self, login: str, password: str) -> None:
        """Open a session."""
        self.token = self.post("sessions", {"login": login, "password": password}).body["token"]

    def post(self, what: str, body: Any = None, expect: Expected = DONE) -> Reply:
        """Do something, under a key of its own."""
        head = bearer(self.token, new_key())
        return self.ask(_door(what), "POST", f"/organizer/v1/{what}", body or {}, expect, head)

    def read(self, what: str) -> dict[str, Any]:
        """Look something up."""
        return self.ask(_door(what), "GET", f"/organizer/v1/{what}", None, (200,), bearer(self.token)).body


def _door(what: str) -> str:
    return "organizer " + what.partition("?")[0].rpartition("/")[2].partition("_")[0]
