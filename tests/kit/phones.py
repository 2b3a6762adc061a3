"""A phone that shows vouchers without a network, and a till that takes them without one."""

from __future__ import annotations

import itertools
import struct
from secrets import token_hex
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain import base45
from app.domain.offline import PREFIX, PROOF
from merchant_api.client.till import Answer
from tests.kit.people import Citizen, Shop, iso

_serial = itertools.count(1)


class Phone:
    """A citizen's phone with a key of its own and a credential for one voucher, fetched while it was online."""

    def __init__(self, citizen: Citizen, voucher_id: str) -> None:
        self.voucher_id = voucher_id
        self.key = Ed25519PrivateKey.generate()
        body = {"voucher_id": voucher_id, "public_key": self.key.public_key().public_bytes_raw().hex()}
        self.fetched = citizen.door.post("/api/v1/ankang-code/credentials", body)
        self.credential = str(self.fetched.body.get("credential", ""))

    def show(self, at: int) -> str:
        """The code at this instant (epoch ms): no network is asked."""
        second = struct.pack(">I", at // 1000)
        signature = self.key.sign(PROOF + base45.decode(self.credential) + second)
        return PREFIX + self.credential + base45.encode(second + signature)


def allowance_of(shop: Shop, expect: int = 201) -> dict[str, Any]:
    """The till's allowance of today."""
    answer = shop.till._write("offline-allowances", {}, None)
    assert answer.status == expect, answer.body
    return answer.body


def intent(allowance_id: str, phone: Phone, at: int, **other: Any) -> dict[str, Any]:
    """What a till notes when it takes this phone's code at this instant."""
    number = next(_serial)
    return {
        "key": f"offline-{number:06d}-{token_hex(3)}",
        "allowance_id": allowance_id,
        "code": phone.show(at),
        "voucher_id": phone.voucher_id,
        "order_no": f"OFF-{number:06d}-{token_hex(3)}",
        "gross_fen": 12_000,
        "taken_at": iso(at),
        **other,
    }


def upload(shop: Shop, intents: list[dict[str, Any]], key: str | None = None) -> Answer:
    """Send a batch of intents, once."""
    answer: Answer = Shop.once(shop.till._write, "offline-batches", {"intents": intents}, key)
    return answer


def results(answer: Answer) -> list[str]:
    """`redeemed` or the code, line by line."""
    assert answer.status == 200, answer.body
    return [line.get("code", line["result"]) for line in answer.body["lines"]]
