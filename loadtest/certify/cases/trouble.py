"""Keys, lost replies, and a platform that says: not now."""

from __future__ import annotations

from loadtest.certify.case import Group
from loadtest.certify.stage import Stage, check, done, receipt, refused

KEYS = Group("D", "编号与丢失的答复", "keys and lost replies")


@KEYS.case("同一编号再发，小票不变", "the same key again: the same receipt")
def same_key(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token = t.token(customer)
    first, again = (
        receipt(t.sale(token, 12_000, order_no, customer.voucher_ids, key=t.key()), 12_000, 20)
        for _ in range(2)
    )
    check(first == again, "两次小票不同 the receipts differ")


@KEYS.case("同一编号换了内容被拒，原单不变", "the same key with other content is refused, the order stays")
def other_content(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    receipt(t.sale(customer.code, 12_000, order_no, customer.voucher_ids, key=t.key()), 12_000, 20)
    done(t.reverse(order_no, 2_000, key=t.key(2)))
    refused(t.reverse(order_no, 3_000, key=t.key(2)), "idempotency_mismatch")


@KEYS.case("已决的拒绝，同一编号再问仍是它", "a decided refusal stays that refusal under its key")
def decided(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token = t.token(customer)
    for _ in range(2):
        said = t.sale(token, 9_000, order_no, customer.voucher_ids, key=t.key())
        refused(said, "threshold_not_met")


@KEYS.case("核销的答复丢失，最终只核销一次", "the reply to a redemption is lost: one redemption in the end")
def lost_redemption(t: Stage) -> None:
    customer = t.customer(20)
    token = t.token(customer)
    t.sandbox.fault("redeem", "unavailable", "after")
    receipt(t.sale(token, 12_000, t.order(), customer.voucher_ids), 12_000, 20)


@KEYS.case("扫码的答复丢失，照常核销", "the reply to a scan is lost: the order goes on")
def lost_scan(t: Stage) -> None:
    customer = t.customer(20)
    t.sandbox.fault("scan", "unavailable", "after")
    receipt(t.sale(t.token(customer), 12_000, t.order(), customer.voucher_ids), 12_000, 20)


@KEYS.case("退款的答复丢失，只退一次", "the reply to a refund is lost: one refund in the end")
def lost_refund(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    receipt(t.sale(customer.code, 12_000, order_no, customer.voucher_ids), 12_000, 20)
    t.sandbox.fault("reverse", "unavailable", "after")
    answer = done(t.reverse(order_no, 5_000))
    check(answer["refunded_fen"] == 5_000, f"已退 refunded_fen: {answer['refunded_fen']}")


@KEYS.case(
    "429：按 Retry-After 等待后用原编号重试", "429: wait as long as Retry-After says, then the same key"
)
def too_many(t: Stage) -> None:
    customer = t.customer(20)
    t.sandbox.fault("redeem", "too_many_requests", "before")
    receipt(t.sale(customer.code, 12_000, t.order(), customer.voucher_ids), 12_000, 20)


@KEYS.case("503：按 Retry-After 等待后重试", "503: wait as long as Retry-After says, then again")
def overloaded(t: Stage) -> None:
    customer = t.customer(20)
    t.sandbox.fault("scan", "overloaded", "before")
    t.scan(customer.code)


@KEYS.case("相同请求处理中：等待后用原编号重试", "in_progress: wait, then the same key")
def in_progress(t: Stage) -> None:
    customer = t.customer(20)
    t.sandbox.fault("redeem", "in_progress", "before", times=2)
    receipt(t.sale(customer.code, 12_000, t.order(), customer.voucher_ids), 12_000, 20)


@KEYS.case("同一订单号不核销两次", "an order number is redeemed once")
def order_twice(t: Stage) -> None:
    customer, order_no = t.customer(20, 50), t.order()
    first, second = customer.voucher_ids
    receipt(t.sale(customer.code, 22_000, order_no, [first]), 22_000, 20)
    token = str(t.scan(t.sandbox.code(customer))["scan_token"])
    refused(t.sale(token, 22_000, order_no, [second]), "order_exists")
