"""Guards, reservations, the merchant's list."""

from __future__ import annotations

from loadtest.certify.case import Group
from loadtest.certify.stage import Stage, check, done, receipt, refused

GUARDS = Group("H", "防护", "guards")
RESERVE = Group("I", "预留", "reservations")
LIST = Group("J", "对账清单", "the list of redemptions")


@GUARDS.case(
    "一分钟内同额再买：先问，确认后通过",
    "the same amount again within a minute: asked, then confirmed",
)
def duplicate(t: Stage) -> None:
    customer = t.customer(20, 50)
    first, second = customer.voucher_ids
    receipt(t.sale(customer.code, 25_000, t.order(), [first]), 25_000, 20)
    token = str(t.scan(t.sandbox.code(customer))["scan_token"])
    refused(t.sale(token, 25_000, t.order(2), [second]), "possible_duplicate")
    answer = receipt(t.sale(token, 25_000, t.order(2), [second], "--confirm"), 25_000, 50)
    check(answer["is_repeat"] is True, "没有标明重复 the receipt is not marked as a repetition")


@RESERVE.case("预留后按最终金额完成", "reserve, then capture by the final amount")
def captured(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    held = done(t.sale(t.token(customer), 12_000, order_no, customer.voucher_ids, act="reserve"))
    check(held["state"] == "held" and held["discount_fen"] == 2_000, f"预留 the hold: {held}")
    receipt(t.capture(order_no, 12_500), 12_500, 20)


@RESERVE.case("预留后释放，券可再用", "reserve, then release: the voucher pays another order")
def released(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    done(t.sale(t.token(customer), 12_000, order_no, customer.voucher_ids, act="reserve"))
    check(t.release(order_no)["state"] == "released", "没有释放 not released")
    receipt(t.sale(t.sandbox.code(customer), 12_000, t.order(2), customer.voucher_ids), 12_000, 20)


@LIST.case("按订单号查询，已核销与未知", "look up an order that was redeemed, and one that nobody knows")
def query(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    paid = receipt(t.sale(customer.code, 12_000, order_no, customer.voucher_ids), 12_000, 20)
    check(done(t.find(order_no))["receipt"] == paid, "查到的小票不同 another receipt was found")
    refused(t.find(t.order(2)), "order_not_found")


@LIST.case("清单里有刚核销的订单", "the list shows what was just redeemed")
def listing(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    receipt(t.sale(customer.code, 12_000, order_no, customer.voucher_ids), 12_000, 20)
    items = done(t.run("list", "--limit", 20))["items"]
    check(order_no in [each["order_no"] for each in items], "清单里没有这一单 the order is not listed")
