"""Going on without a network: codes are noted as intents within the allowance, and uploaded later (docs/offline.md).

An intent is no redemption: what counts is the line that the platform answers it with. Everything stands in the file of
the journal, so a killed till uploads the same batches under the same keys.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from merchant_api.client import ak1
from merchant_api.client.journal import Journal
from merchant_api.client.till import Answer, Till

MOST_INTENTS = 50
FRESH_S = 120
KEYS, ALLOWANCE = "issuer-keys", "allowance"
TABLES = (
    "CREATE TABLE IF NOT EXISTS paper (name TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS intent (key TEXT PRIMARY KEY, handle TEXT NOT NULL UNIQUE,"
    " voucher_id TEXT NOT NULL, order_no TEXT NOT NULL UNIQUE, allowance_id TEXT NOT NULL,"
    " face_fen INTEGER NOT NULL, body TEXT NOT NULL, batch TEXT, line TEXT)",
)
SAID = {
    "cannot_verify": "本机无法验证离线码 This till cannot verify offline codes: install the `cryptography` package",
    "allowance_invalid": "先联网领取额度与公钥 Fetch the allowance and the issuer's keys while online",
    "offline_tampered": "离线码不是真的 The offline code is not genuine",
    "code_expired": "离线码已过期，请刷新 The offline code has expired: ask for a fresh one",
    "offline_outside_hours": "不在离线额度的时段内 Outside the hours of the allowance",
    "over_allowance": "超出离线额度，须联网 Above the allowance: go online",
    "code_consumed": "该离线码已收过 This code was taken before",
    "voucher_used": "该券已收过 This voucher was taken before",
    "order_exists": "该订单号已用过 This order number was used before",
    "threshold_not_met": "未达到使用门槛 The order is below the threshold",
}


@dataclass(frozen=True)
class Purchase:
    """An order without a network. Amounts in fen; `at` is the till's clock, in seconds since 1970."""

    order_no: str
    gross_fen: int
    merchant_discount_fen: int
    at: float

    @property
    def order_fen(self) -> int:
        """What is payable before the voucher."""
        return self.gross_fen - self.merchant_discount_fen


class Offline:
    """The intents of one terminal, and the papers it fetched while it was online."""

    def __init__(self, journal: Journal) -> None:
        self._base = journal.base
        for table in TABLES:
            self._base.execute(table)

    def keep(self, name: str, answer: Answer) -> Answer:
        """Put the issuer's keys or an allowance aside, if that is what came."""
        if answer.status < 300:
            body = json.dumps(answer.body, ensure_ascii=False)
            self._base.execute("INSERT OR REPLACE INTO paper VALUES (?, ?)", (name, body))
        return answer

    def take(self, text: str, purchase: Purchase) -> Answer:
        """Note an intent: 201 with what the voucher takes off, or a refusal; nobody is asked."""
        code = ak1.read(text)
        if not ak1.can_verify():
            return _no("cannot_verify")
        keys, allowance = self._keys(), self._allowance()
        if allowance is None:
            return _no("allowance_invalid")
        if code is None or not code.is_genuine(keys.get(code.key_id, b"")):
            return _no("offline_tampered")
        with self._alone():
            reason = _why_not(code, allowance, purchase) or self._why_not(code, allowance, purchase)
            if reason is None:
                return self._note(text, code, str(allowance["allowance_id"]), purchase)
        missing_fen = code.threshold_fen - purchase.order_fen
        return _no(reason, **({"shortfall_fen": missing_fen} if reason == "threshold_not_met" else {}))

    def upload(self, till: Till) -> Iterator[Answer]:
        """Send what was taken, oldest first, each batch with its key until it is answered; an answer a line.

        A batch that is refused as a whole ends it. Raises NoFinalAnswer: then the next upload goes on.
        """
        while batch := self._batch():
            intents = self._base.execute("SELECT body FROM intent WHERE batch = ? ORDER BY rowid", (batch,))
            answer = till.send(
                "offline-batches", {"intents": [json.loads(body) for (body,) in intents]}, batch
            )
            if answer.status != 200:
                yield answer
                return
            with self._alone():
                for line in answer.body["lines"]:
                    self._base.execute(
                        "UPDATE intent SET line = ? WHERE key = ?", (json.dumps(line), line["key"])
                    )
            for line in answer.body["lines"]:
                yield Answer(200 if line["result"] == "redeemed" else 409, line, {}, bool(line["replayed"]))

    def _keys(self) -> dict[int, bytes]:
        return {
            each["key_id"]: bytes.fromhex(each["public_key"]) for each in self._paper(KEYS).get("items", ())
        }

    def _allowance(self) -> dict[str, Any] | None:
        """The signed terms; None where there are none, or the issuer did not sign them."""
        paper = self._paper(ALLOWANCE)
        key = self._keys().get(paper.get("key_id", -1))
        if key is None:
            return None
        document, signature = paper["document"].encode(), base64.b64decode(paper["signature"])
        if not ak1.verifies(key, signature, ak1.ALLOWANCE + document):
            return None
        terms: dict[str, Any] = json.loads(document)
        return terms

    def _paper(self, name: str) -> dict[str, Any]:
        row = self._base.execute("SELECT body FROM paper WHERE name = ?", (name,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One transaction that no other process of this till writes beside."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def _why_not(self, code: ak1.Code, allowance: dict[str, Any], purchase: Purchase) -> str | None:
        """What speaks against it here: the allowance is used up, or it was taken before."""
        count, sum_fen = self._base.execute(
            "SELECT COUNT(*), COALESCE(SUM(face_fen), 0) FROM intent WHERE allowance_id = ?",
            (allowance["allowance_id"],),
        ).fetchone()
        if count >= allowance["most_count"] or sum_fen + code.face_fen > allowance["most_fen"]:
            return "over_allowance"
        for column, value, reason in (
            ("handle", code.name, "code_consumed"),
            ("voucher_id", code.voucher_id, "voucher_used"),
            ("order_no", purchase.order_no, "order_exists"),
        ):
            if self._base.execute(f"SELECT 1 FROM intent WHERE {column} = ?", (value,)).fetchone():
                return reason
        return "threshold_not_met" if purchase.order_fen < code.threshold_fen else None

    def _note(self, text: str, code: ak1.Code, allowance_id: str, purchase: Purchase) -> Answer:
        intent = {
            "key": secrets.token_hex(16),
            "allowance_id": allowance_id,
            "code": text,
            "voucher_id": code.voucher_id,
            "order_no": purchase.order_no,
            "gross_fen": purchase.gross_fen,
            "merchant_discount_fen": purchase.merchant_discount_fen,
            "taken_at": datetime.fromtimestamp(purchase.at, UTC).isoformat(timespec="milliseconds"),
        }
        row = (intent["key"], code.name, code.voucher_id, purchase.order_no, allowance_id, code.face_fen)
        self._base.execute(
            "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)", (*row, json.dumps(intent))
        )
        discount = min(code.face_fen, purchase.order_fen)
        amounts = {"discount_fen": discount, "customer_pays_fen": purchase.order_fen - discount}
        shown = {name: intent[name] for name in ("key", "order_no", "voucher_id", "taken_at")}
        return Answer(201, {**shown, "state": "intent", **amounts}, {}, replayed=False)

    def _batch(self) -> str | None:
        """The key of a batch that has no answer yet, or of a fresh one; None when everything is answered."""
        with self._alone():
            row = self._base.execute(
                "SELECT batch FROM intent WHERE line IS NULL AND batch IS NOT NULL ORDER BY rowid"
            ).fetchone()
            if row:
                return str(row[0])
            key = secrets.token_hex(16)
            made = self._base.execute(
                "UPDATE intent SET batch = ? WHERE rowid IN"
                f" (SELECT rowid FROM intent WHERE batch IS NULL ORDER BY rowid LIMIT {MOST_INTENTS})",
                (key,),
            )
            return key if made.rowcount else None


def _why_not(code: ak1.Code, allowance: dict[str, Any], purchase: Purchase) -> str | None:
    """What the clock says."""
    if abs(purchase.at - code.shown_at) > FRESH_S or not code.valid_from <= purchase.at < code.valid_to:
        return "code_expired"
    starts, ends = (
        datetime.fromisoformat(allowance[name]).timestamp() for name in ("valid_from", "valid_to")
    )
    return None if starts <= purchase.at < ends else "offline_outside_hours"


def _no(code: str, **facts: int) -> Answer:
    return Answer(409, {"code": code, "message": SAID[code], "retryable": False, **facts}, {}, replayed=False)
