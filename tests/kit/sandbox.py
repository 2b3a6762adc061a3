"""The sandbox as a vendor uses it; every call is sent once and never repeated."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from merchant_api.client.till import Answer
from tests.kit.people import Batch, Organizer, Shop, approved_batch

ROOMY = {"stock": 10_000, "person_limit": 10}


def sandboxed(author: Organizer, approver: Organizer, **terms: Any) -> tuple[Batch, list[Shop]]:
    """An approved batch of a test campaign, and two test tills of one store."""
    batch = approved_batch(author, approver, campaign={"is_test": True}, **{**ROOMY, **terms})
    store = author.store(author.shop().merchant_id)
    return batch, [author.another_till(store, is_test=True) for _ in range(2)]


def ask(shop: Shop, what: str, body: dict[str, Any], key: str | None = None) -> Answer:
    """A write below /merchant/v1/sandbox."""
    return shop.once(shop.till.send, f"sandbox/{what}", body, key or token_hex(12))


def customer(shop: Shop, *vouchers: tuple[str, str], condition: str = "active") -> dict[str, Any]:
    """A made-up customer with vouchers of these batches in these conditions."""
    wishes = [{"batch_id": batch_id, "condition": each} for batch_id, each in vouchers]
    answer = ask(shop, "customers", {"condition": condition, "vouchers": wishes})
    assert answer.status == 201, answer.body
    return answer.body


def code(shop: Shop, customer_id: str, condition: str = "fresh") -> str:
    """Another code of it."""
    answer = ask(shop, "codes", {"customer_id": customer_id, "condition": condition})
    assert answer.status == 201, answer.body
    return str(answer.body["code"])


def arm(shop: Shop, operation: str, refusal: str, times: int = 1, when: str = "before") -> Answer:
    """A fault for the next requests of this till."""
    fault = {"operation": operation, "code": refusal, "times": times, "when": when}
    return ask(shop, "faults", fault)
