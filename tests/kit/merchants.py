"""Merchants on their way in: somebody who proved a phone and applies."""

from __future__ import annotations

import itertools
from hashlib import sha256
from secrets import token_hex
from typing import Any

from tests.kit.http import Door, Reply
from tests.kit.people import Citizen, Organizer, Shop
from tests.kit.town import PASSWORD, Town

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_serial = itertools.count(1)
LICENCE = {
    "kind": "business_licence",
    "file_name": "营业执照.jpg",
    "size_bytes": 182_044,
    "sha256": sha256(b"licence").hexdigest(),
}


def credit_code(serial: int) -> str:
    """A valid unified social credit code (GB 32100), another one for each serial."""
    seventeen = f"92340803{serial:09d}"
    total = sum(_ALPHABET.index(one) * weight for one, weight in zip(seventeen, _WEIGHTS, strict=True))
    return seventeen + _ALPHABET[(31 - total) % 31]


def papers(**changes: Any) -> dict[str, Any]:
    """Faultless papers of a merchant nobody has heard of; `changes` change them."""
    return {
        "name": "大观楼小吃",
        "credit_code": credit_code(next(_serial)),
        "contact_name": "慕容掌柜",
        "bank_name": "安庆农村商业银行",
        "account_name": "慕容家小吃店",
        "account_number": "6228 4800 1234 5678 901",
        "documents": [LICENCE],
        **changes,
    }


def acts_on(town: Town, object_id: str) -> list[tuple[str, str]]:
    """What the audit log says was done or tried with something, newest first."""
    rows = town.rows(
        "SELECT action, result FROM audit_log WHERE object_id = :id ORDER BY at DESC, id DESC", id=object_id
    )
    return [(row["action"], row["result"]) for row in rows]


class Applicant:
    """Somebody with a phone who wants to accept vouchers."""

    def __init__(self, town: Town) -> None:
        self.person = Citizen(town, "慕容掌柜").sign_in()
        self.door = self.person.door
        self.application_id = ""

    def apply(self, expect: int = 201, **changes: Any) -> Reply:
        """Hand papers in."""
        reply = self.door.post("/merchant/v1/applications", papers(**changes), expect=expect)
        self.application_id = reply.body.get("application_id", self.application_id)
        return reply

    def correct(self, **changes: Any) -> Reply:
        """Hand them in again."""
        return self.door.post(f"{self.path}/submissions", papers(**changes))

    def look(self) -> dict[str, Any]:
        """Where it stands."""
        shown: dict[str, Any] = self.door.get(self.path, expect=200).body
        return shown

    @property
    def path(self) -> str:
        """Its address."""
        return f"/merchant/v1/applications/{self.application_id}"

    def review(self, by: Organizer, word: str, submission: int = 1, reason: str = "资料核对") -> Reply:
        """What an organizer's door answers: returns, rejections, approvals."""
        path = f"/organizer/v1/merchant-applications/{self.application_id}/{word}"
        return by.door.post(path, {"submission": submission, "reason": reason})

    def owner(self) -> Member:
        """Choose the owner's login, once the application is approved."""
        login = {"login": f"owner-{token_hex(4)}", "name": "慕容掌柜", "password": PASSWORD}
        self.door.post(f"{self.path}/owner", login, expect=201)
        return Member(self.person.town, login["login"])


class Member:
    """Somebody who works for a merchant, signed in."""

    def __init__(self, town: Town, login: str) -> None:
        self.town, self.login = town, login
        self.door = Door(town.url, source=f"127.0.9.{1 + next(_serial) % 250}")
        body = {"login": login, "password": PASSWORD}
        self.door.token = self.door.send("POST", "/merchant/v1/sessions", body, expect=201).body["token"]
        self.me: dict[str, Any] = self.get("/me").body

    def get(self, path: str) -> Reply:
        """GET below /merchant/v1."""
        return self.door.get(f"/merchant/v1{path}")

    def post(self, path: str, body: Any = None, expect: int | None = None, key: str | None = None) -> Reply:
        """POST below /merchant/v1."""
        return self.door.post(f"/merchant/v1{path}", body, key, expect)

    def hire(self, role: str) -> Member:
        """A colleague with this role, signed in."""
        login = {"login": f"{role}-{token_hex(4)}", "name": "店员", "password": PASSWORD, "role": role}
        self.post("/staff", login, expect=201)
        return Member(self.town, login["login"])

    def store(self) -> str:
        """A store."""
        body = {"name": "菱湖店", "area": "菱湖街道"}
        return str(self.post("/stores", body, expect=201).body["store_id"])

    def shop(self) -> Shop:
        """A store with a terminal and its key."""
        body = {"name": "收银台", "store_id": self.store()}
        terminal_id = self.post("/terminals", body, expect=201).body["terminal_id"]
        key = self.post(f"/terminals/{terminal_id}/keys", {}, expect=201).body
        return Shop(self.town, key["key_id"], key["secret"], self.me["merchant_id"], terminal_id)


def owner(by: Organizer, **changes: Any) -> Member:
    """A merchant that applied and was approved: its owner, signed in."""
    applicant = Applicant(by.town)
    applicant.apply(**changes)
    approved = applicant.review(by, "approvals")
    assert approved.status == 200, approved.body
    return applicant.owner()
