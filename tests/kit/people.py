"""The people in the town: citizens, tills, organizers. They speak HTTP only."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from merchant_api.client.till import Answer, NoFinalAnswer, Till
from tests.kit.http import Door, Reply
from tests.kit.servers import wait_for
from tests.kit.town import PASSWORD, Town

_serial = itertools.count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def iso(at: int) -> str:
    """An instant as the API wants it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def id_number(serial: int) -> str:
    """A valid ID number of Daguan District (GB 11643), another one for each serial."""
    born = 19500101 + serial % 28 + 100 * (serial // 28 % 12) + 10_000 * (serial // 336 % 50)
    seventeen = f"340803{born}{serial % 1000:03d}"
    rest = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True)) % 11
    return seventeen + "10X98765432"[rest]


class Citizen:
    """Somebody with a phone; `apply` makes the code, then claims and displays work."""

    def __init__(self, town: Town, name: str = "张三丰", number: str | None = None) -> None:
        serial = next(_serial)
        self.town = town
        self.name = name
        self.id_number = number or id_number(random.randrange(16_000_000) if serial > 16_000 else serial)
        self.phone = f"139{serial:08d}"
        source = f"127.{1 + serial // 62_500 % 250}.{serial // 250 % 250}.{1 + serial % 250}"
        self.door = Door(town.url, source=source)
        self.citizen_id = ""

    def sign_in(self) -> Citizen:
        """Prove the phone by the SMS code."""
        self.door.send("POST", "/api/v1/otp", {"phone": self.phone}, expect=202)
        body = {"phone": self.phone, "sms_code": self.sms_code()}
        self.door.token = self.door.send("POST", "/api/v1/sessions", body, expect=201).body["token"]
        return self

    def sms_code(self) -> str:
        """The code in the last message to this phone."""
        return self.town.sms_code(self.phone)

    def apply(self, expect: int = 201) -> Reply:
        """Apply for the Ankang code."""
        reply = self.door.post(
            "/api/v1/ankang-code", {"name": self.name, "id_number": self.id_number}, expect=expect
        )
        self.citizen_id = reply.body.get("citizen_id", "")
        self.door.token = reply.body.get("token", self.door.token)
        return reply

    def claim(self, batch_id: str, key: str | None = None, expect: int | None = None) -> Reply:
        """Claim one voucher."""
        return self.door.post(f"/api/v1/batches/{batch_id}/claims", {}, key, expect)

    def holds(self, batch_id: str) -> str:
        """Claim one voucher and return its id."""
        return str(self.claim(batch_id, expect=201).body["voucher"]["voucher_id"])

    def show(self) -> str:
        """Display a fresh code: 20 digits."""
        return str(self.door.send("POST", "/api/v1/ankang-code/displays", {}, expect=201).body["code"])

    def vouchers(self) -> list[dict[str, Any]]:
        """The wallet."""
        items: list[dict[str, Any]] = self.door.get("/api/v1/vouchers", expect=200).body["items"]
        return items

    def scans(self) -> list[dict[str, Any]]:
        """Who scanned me."""
        items: list[dict[str, Any]] = self.door.get("/api/v1/ankang-code/scans", expect=200).body["items"]
        return items


def basket(items: dict[str, int] | None) -> dict[str, Any]:
    """What is payable for each kind of goods, as a request has it."""
    listed = [{"goods": goods, "amount_fen": fen} for goods, fen in (items or {}).items()]
    return {"items": listed} if listed else {}


class Shop:
    """One till of one store, speaking through the example client. Every call is sent once and never repeated."""

    def __init__(self, town: Town, key_id: str, secret: str, merchant_id: str, terminal_id: str) -> None:
        self.town, self.key_id, self.secret = town, key_id, secret
        self.merchant_id, self.terminal_id = merchant_id, terminal_id
        self.till = Till(town.url, key_id, secret, clock=self.clock, timeout=30, patience=0)

    def clock(self) -> float:
        """The till's clock, right by the platform's."""
        return datetime.now(UTC).timestamp() + self.town.offset_ms / 1000

    def scan(
        self, code: str, purpose: str = "voucher", gross_fen: int | None = None, key: str | None = None
    ) -> Answer:
        """Read a code."""
        return self.once(self.till.scan, code, purpose, gross_fen, 0, key)

    def quote(
        self,
        token: str,
        gross_fen: int,
        merchant_discount_fen: int = 0,
        items: dict[str, int] | None = None,
        **more: Any,
    ) -> Answer:
        """Try out an order."""
        return self.once(self.till.quote, token, gross_fen, merchant_discount_fen, **more, **basket(items))

    def redeem(
        self,
        proof: str,
        vouchers: list[str] | str,
        order_no: str | None = None,
        gross_fen: int = 12_000,
        key: str | None = None,
        merchant_discount_fen: int = 0,
        items: dict[str, int] | None = None,
        confirm: bool = False,
    ) -> Answer:
        """Redeem with a scan token or a code; a fresh order number unless one is given."""
        order = order_no or f"O-{token_hex(6)}"
        amounts = (gross_fen, merchant_discount_fen)
        more = basket(items) | ({"confirm_duplicate": True} if confirm else {})
        return self.once(self.till.redeem, proof, vouchers, order, *amounts, key, **more)

    def reverse(
        self,
        order_no: str,
        reason: str = "退货",
        key: str | None = None,
        refund_fen: int | None = None,
        approval_id: str | None = None,
    ) -> Answer:
        """Undo an order, or refund a part of it."""
        return self.once(self.till.reverse, order_no, reason, key, refund_fen, approval_id)

    def find(self, order_no: str) -> Answer:
        """The final word on an order."""
        return self.once(self.till.find, order_no)

    @staticmethod
    def once(call: Any, *words: Any, **more: Any) -> Answer:
        """One call of the till, answered or not by what came last."""
        try:
            answer: Answer = call(*words, **more)
        except NoFinalAnswer as unknown:
            if unknown.last is None:
                raise
            return unknown.last
        return answer


@dataclass(frozen=True)
class Batch:
    """An approved batch and its campaign."""

    batch_id: str
    campaign_id: str
    face_fen: int
    threshold_fen: int


class Organizer:
    """Somebody who runs campaigns."""

    def __init__(self, town: Town, role: str = "organizer", name: str = "赵组织") -> None:
        self.town = town
        self.login = f"{role}-{token_hex(4)}"
        made = town.flask(
            "user", "create", self.login, "--role", role, "--name", name, "--password-stdin", text=PASSWORD
        )
        assert made.returncode == 0, made.stderr
        self.door = Door(town.url, source=f"127.0.7.{1 + next(_serial) % 250}")
        self.sign_in()

    def sign_in(self) -> None:
        """A fresh session: the old one ends after twelve hours of the town's clock."""
        body = {"login": self.login, "password": PASSWORD}
        self.door.token = self.door.send("POST", "/organizer/v1/sessions", body, expect=201).body["token"]
        self.signed_in_at = self.town.offset_ms

    def stay_signed_in(self) -> None:
        """A fresh session if the clock was moved far since the last one."""
        if self.town.offset_ms - self.signed_in_at > 6 * 3_600_000:
            self.sign_in()

    def post(self, path: str, body: Any = None, expect: int | None = None, key: str | None = None) -> Any:
        """POST below /organizer/v1 and return the body."""
        self.stay_signed_in()
        return self.door.post(f"/organizer/v1{path}", body, key, expect).body

    def get(self, path: str) -> Any:
        """GET below /organizer/v1 and return the body."""
        self.stay_signed_in()
        return self.door.get(f"/organizer/v1{path}", expect=200).body

    def settled(self, campaign_id: str, cutoff: int, **more: Any) -> dict[str, Any]:
        """Open a settlement and wait for its lines."""
        body = {"cutoff": iso(cutoff), **more}
        opened = self.post(f"/campaigns/{campaign_id}/settlements", body, expect=202)
        path = f"/settlements/{opened['settlement_id']}"
        wait_for("the settlement", lambda: self.get(path)["state"] == "computed", seconds=60)
        batch: dict[str, Any] = self.get(path)
        return batch

    def draft(self, budget_fen: int = 100_000_000, **terms: Any) -> str:
        """A draft campaign."""
        body = {"name": "大观区消费活动", "budget_fen": budget_fen, **terms}
        return str(self.post("/campaigns", body, expect=201)["campaign_id"])

    def batch_terms(self, **terms: Any) -> dict[str, Any]:
        """A faultless batch whose claim window opens in one minute; `terms` change it."""
        now = self.town.now()
        return {
            "name": "满100减20",
            "kind": "full_reduction",
            "face_fen": 2_000,
            "threshold_fen": 10_000,
            "stock": 100,
            "claim_from": iso(now + 60_000),
            "claim_to": iso(now + 40 * 86_400_000),
            "valid_days": 7,
            **terms,
        }

    def shop(
        self,
        name: str = "大观楼小吃",
        is_test: bool = False,
        category: str = "餐饮",
        area: str = "菱湖街道",
        is_small: bool = False,
    ) -> Shop:
        """A merchant with one store, one terminal and its key."""
        body = {"name": name, "category": category, "is_small": is_small}
        merchant_id = self.post("/merchants", body, expect=201)["merchant_id"]
        return self.another_till(self.store(merchant_id, area), is_test)

    def store(self, merchant_id: str, area: str = "菱湖街道") -> str:
        """A store of this merchant."""
        body = {"name": "菱湖店", "area": area}
        return str(self.post(f"/merchants/{merchant_id}/stores", body, expect=201)["store_id"])

    def another_till(self, store_id: str, is_test: bool = False) -> Shop:
        """One more terminal in this store."""
        body = {"name": "收银台", "is_test": is_test}
        terminal = self.post(f"/stores/{store_id}/terminals", body, expect=201)
        key = self.post(f"/terminals/{terminal['terminal_id']}/keys", {}, expect=201)
        return Shop(self.town, key["key_id"], key["secret"], terminal["merchant_id"], terminal["terminal_id"])


def approve(author: Organizer, approver: Organizer, campaign_id: str) -> None:
    """The author submits the campaign, the second person lets it go."""
    author.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    approver.post(f"/campaigns/{campaign_id}/approvals", {"reason": "核对无误"}, expect=200)


def approved_batch(
    author: Organizer, approver: Organizer, *, campaign: Mapping[str, Any] | None = None, **terms: Any
) -> Batch:
    """A campaign of these terms with one batch, approved by the second person; its window is not open yet."""
    campaign_id = author.draft(**(campaign or {}))
    body = author.batch_terms(**terms)
    batch_id = author.post(f"/campaigns/{campaign_id}/batches", body, expect=201)["batch_id"]
    approve(author, approver, campaign_id)
    return Batch(batch_id, campaign_id, body["face_fen"], body["threshold_fen"])


def open_batch(
    author: Organizer, approver: Organizer, *, campaign: Mapping[str, Any] | None = None, **terms: Any
) -> Batch:
    """An approved batch whose claim window has just opened: the clock is moved, nobody waits."""
    batch = approved_batch(author, approver, campaign=campaign, **terms)
    author.town.advance(61_000)
    return batch
