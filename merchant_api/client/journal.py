"""What a till asked for and has no final answer to, on disk: a killed till goes on with the same keys.

Standard library only, beside `till.py`. A call is written down before it is sent and crossed out by its final answer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from merchant_api.client.till import Answer, NoFinalAnswer, Till

TABLE = (
    "CREATE TABLE IF NOT EXISTS open_call (key TEXT PRIMARY KEY, what TEXT NOT NULL, body TEXT NOT NULL,"
    " begun_at REAL NOT NULL)"
)


@dataclass(frozen=True)
class Call:
    """A write that has no final answer yet: its key, its address below /merchant/v1/, its body."""

    key: str
    what: str
    body: dict[str, Any]

    @property
    def order_no(self) -> str | None:
        """The order it is about; None for a scan, an allowance or a fresh key."""
        if "/" in self.what:
            return unquote(self.what.split("/")[1])
        return self.body.get("order_no")

    @property
    def is_sale(self) -> bool:
        """Whether it takes vouchers for an order, or holds them."""
        return self.what in ("redemptions", "reservations") or self.what.endswith("/captures")


@dataclass(frozen=True)
class Reconciled:
    """How an open call ended: its final answer, None where it is still open."""

    call: Call
    outcome: str
    answer: Answer | None


class Journal:
    """One file of one terminal, readable by its owner only. Every change is on disk before the method returns."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # before SQLite makes it for everybody to read
        self.base = sqlite3.connect(path, isolation_level=None)
        self.base.execute("PRAGMA synchronous = FULL")
        self.base.execute(TABLE)

    def begin(self, key: str, what: str, body: dict[str, Any]) -> None:
        """Write a call down. Raises ValueError where the key is open for another one: it would be refused anyway."""
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        row = self.base.execute("SELECT what, body FROM open_call WHERE key = ?", (key,)).fetchone()
        if row is not None and row != (what, text):
            raise ValueError(f"key {key} is open for another call")
        insert = "INSERT OR IGNORE INTO open_call VALUES (?, ?, ?, ?)"
        self.base.execute(insert, (key, what, text, time.time()))

    def end(self, key: str) -> None:
        """Cross a call out: its answer is final."""
        self.base.execute("DELETE FROM open_call WHERE key = ?", (key,))

    def open_calls(self) -> list[Call]:
        """Oldest first."""
        rows = self.base.execute("SELECT key, what, body FROM open_call ORDER BY begun_at, key")
        return [Call(key, what, json.loads(body)) for key, what, body in rows]

    def close(self) -> None:
        """Let go of the file."""
        self.base.close()


def reconcile(till: Till, journal: Journal, finish: bool = False) -> Iterator[Reconciled]:
    """Bring every open call to its end, oldest first.

    What is no sale (scans, reversals, releases, fresh keys) is sent again with its key. The order of a redemption, a
    capture or a reservation is looked up: redeemed or reversed it is done. Any other is reversed, because its customer
    has paid without it, and a late request cannot land then; with `finish` the call is sent again instead.
    """
    for call in journal.open_calls():
        try:
            outcome, answer = _end(till, call, finish)
        except NoFinalAnswer as unknown:
            yield Reconciled(call, "open", unknown.last)
            continue
        if answer.settles:
            journal.end(call.key)
        yield Reconciled(call, outcome if answer.settles else "open", answer)


def _end(till: Till, call: Call, finish: bool) -> tuple[str, Answer]:
    if not call.is_sale:
        return "sent again", till.send(call.what, call.body, call.key)
    order_no = str(call.order_no)
    found = till.find(order_no)
    if found.body.get("state") in ("redeemed", "reversed"):
        return str(found.body["state"]), found
    if finish:
        return "sent again", till.send(call.what, call.body, call.key)
    # A key of its own, always the same one: a reconciliation that is killed goes on with it.
    return "reversed", till.reverse(
        order_no, "no final answer", hashlib.sha256(f"undo {call.key}".encode()).hexdigest()
    )
