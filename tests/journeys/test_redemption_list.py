"""The merchant's redemptions, page by page: complete, in order, and steady while more are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Citizen, Shop
from tests.kit.problems import refused
from tests.kit.signed import READ, send_signed

LIST = "/merchant/v1/redemptions"


def listed(shop: Shop, **query: Any) -> Reply:
    """One page."""
    target = f"{LIST}?{urlencode(query)}" if query else LIST
    return send_signed(shop, "GET", target, covered=READ)


@dataclass(frozen=True)
class Sales:
    """A shop that has redeemed, oldest first, and somebody with vouchers left."""

    shop: Shop
    citizen: Citizen
    vouchers: list[str]
    orders: list[str]

    def sell(self) -> str:
        """One more redemption."""
        number = len(self.orders)
        order_no, gross_fen = f"L-{number}", 12_000 + 100 * number
        receipt = self.shop.redeem(self.citizen.show(), [self.vouchers.pop()], order_no, gross_fen)
        assert receipt.status == 201, receipt.body
        self.orders.append(order_no)
        return order_no


@pytest.fixture
def sales(here: Staffed) -> Sales:
    """Five redemptions; three vouchers are left."""
    batch, citizen = here.batch(person_limit=8), here.citizen()
    made = Sales(here.shop(), citizen, [citizen.holds(batch.batch_id) for _ in range(8)], [])
    for _ in range(5):
        made.sell()
    return made


def numbers(page: Reply) -> list[str]:
    """The order numbers on a page."""
    assert page.status == 200, page.body
    return [item["order_no"] for item in page.body["items"]]


def test_pages_hold_every_redemption_once_newest_first(sales: Sales):
    """Two a page: three pages, the last one says that it is the last."""
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        page = listed(sales.shop, **query)
        seen += numbers(page)
        query["cursor"] = page.body["next_cursor"]
    assert seen == sales.orders[::-1] and query["cursor"] is None
    assert numbers(listed(sales.shop)) == seen


def test_what_is_redeemed_meanwhile_moves_nothing(sales: Sales):
    """No row twice, none left out, of those that were there when the reading began."""
    first = listed(sales.shop, limit=2)
    sales.sell()
    rest = listed(sales.shop, limit=100, cursor=first.body["next_cursor"])
    assert numbers(first) + numbers(rest) == sales.orders[4::-1]


def test_a_row_tells_amounts_refunds_and_what_became_of_the_order(here: Staffed, sales: Sales):
    """A part refunded: still redeemed, with the refund; all undone: reversed."""
    assert sales.shop.reverse(sales.orders[0], "退一件", refund_fen=6_000).status == 201
    assert sales.shop.reverse(sales.orders[1]).status == 201
    rows = {row["order_no"]: row for row in listed(sales.shop).body["items"]}
    part, undone, whole = (rows[order] for order in sales.orders[:3])
    for number, row in enumerate((part, undone, whole)):
        order_fen = 12_000 + 100 * number
        assert (row["gross_fen"], row["order_fen"]) == (order_fen, order_fen)
        assert (row["used_fen"], row["customer_pays_fen"]) == (2_000, order_fen - 2_000)
        assert row["terminal_id"] == sales.shop.terminal_id and row["redeemed_at"].endswith("+08:00")
    assert (part["state"], part["refunded_fen"], len(part["refunds"])) == ("redeemed", 6_000, 1)
    assert (part["refunds"][0]["reversed_fen"], part["refunds"][0]["reason"]) == (6_000, "退一件")
    assert (undone["state"], undone["refunded_fen"], undone["refunds"]) == ("reversed", 12_100, [])
    assert undone["reversed_at"] is not None
    assert (whole["state"], whole["refunds"], whole["reversed_at"]) == ("redeemed", [], None)


def test_from_is_included_and_to_is_not(sales: Sales):
    """By the instant of the redemption, also together with a cursor."""
    rows = listed(sales.shop).body["items"]
    newest, oldest = rows[0]["redeemed_at"], rows[-1]["redeemed_at"]
    assert numbers(listed(sales.shop, **{"from": newest})) == sales.orders[4:]
    assert numbers(listed(sales.shop, to=oldest)) == []
    assert numbers(listed(sales.shop, **{"from": oldest}, to=newest)) == sales.orders[3::-1]
    first = listed(sales.shop, **{"from": rows[2]["redeemed_at"]}, limit=2)
    rest = listed(sales.shop, **{"from": rows[2]["redeemed_at"]}, limit=2, cursor=first.body["next_cursor"])
    assert numbers(first) + numbers(rest) == sales.orders[4:1:-1] and rest.body["next_cursor"] is None


def test_another_merchant_sees_its_own_and_another_till_of_the_store_the_same(here: Staffed, sales: Sales):
    """The list is the merchant's."""
    assert numbers(listed(here.shop())) == []
    colleague = here.zhao.another_till(
        here.town.one("SELECT store_id FROM terminal WHERE id = :t", t=sales.shop.terminal_id)
    )
    assert numbers(listed(colleague)) == sales.orders[::-1]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": ""},
        {"cursor": "garbage"},
        {"cursor": "券"},
        {"cursor": "MTIz"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LnJkbV8x"},
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"from": "yesterday"},
        {"to": "2026-11-23T10:00:00"},
        {"order_no": "O-1", "limit": 5},
        {"order_no": "O-1", "cursor": "MTIz"},
        {"order_no": ""},
    ],
)
def test_what_is_no_question_is_refused(here: Staffed, query: dict[str, Any]):
    """A made-up cursor, too long a page, a day without an offset, a look-up with pages."""
    refused(listed(here.shop(), **query), 400, "request_invalid")


def test_every_answer_tells_what_the_terminal_may_still_send(here: Staffed):
    """In the headers of the IETF draft; one less each time in the process that answers, refusals too."""
    shop = here.shop()
    for reply in (listed(shop), shop.find("O-none"), shop.scan("8" * 20)):
        assert reply.headers["ratelimit-policy"] == '"terminal";q=3000;w=60'
        assert reply.headers["ratelimit"].startswith('"terminal";r=29')
    forged = send_signed(shop, "GET", LIST, covered=READ, secret="wrong")
    assert refused(forged, 401, "signature_invalid") and "ratelimit" not in forged.headers
