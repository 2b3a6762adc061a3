"""Refunds, reversals before the redemption, and what a killed till does."""

from __future__ import annotations

from loadtest.certify.case import Group
from loadtest.certify.sandbox import Customer
from loadtest.certify.stage import Stage, check, done, receipt, refused

REFUND = Group("E", "退款", "refunds")
CANCEL = Group("F", "先于核销的撤销", "cancel before arrival")
RECONCILE = Group("G", "断电后对账", "reconcile after a crash")


def _paid(t: Stage) -> tuple[Customer, str]:
    customer, order_no = t.customer(20), t.order()
    receipt(t.sale(customer.code, 12_000, order_no, customer.voucher_ids), 12_000, 20)
    return customer, order_no


@REFUND.case("整单撤销，券退回后可再用", "reverse the whole order: the voucher comes back and pays another")
def whole(t: Stage) -> None:
    customer, order_no = _paid(t)
    answer = done(t.reverse(order_no))
    check(answer["returned"] == customer.voucher_ids, f"退回的券 returned: {answer['returned']}")
    receipt(t.sale(t.sandbox.code(customer), 12_000, t.order(2), customer.voucher_ids), 12_000, 20)


@REFUND.case("两次部分退款，分毫不差", "two partial refunds, exact to the fen")
def parts(t: Stage) -> None:
    _, order_no = _paid(t)
    answers = [done(t.reverse(order_no, fen)) for fen in (3_000, 4_500)]
    told = [(each["customer_gets_fen"], each["subsidy_returned_fen"]) for each in answers]
    check(told == [(2_500, 500), (3_750, 750)], f"退顾客与退补贴 customer and subsidy: {told}")


@REFUND.case("退款超过已付被拒", "a refund above what is left is refused")
def too_much(t: Stage) -> None:
    _, order_no = _paid(t)
    no = refused(t.reverse(order_no, 12_001), "refund_exceeds")
    check(no.get("refundable_fen") == 12_000, f"可退 refundable_fen: {no.get('refundable_fen')}")


@CANCEL.case("先撤销，迟到的核销被拒", "reverse first: the redemption that comes late is refused")
def early(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token = t.token(customer)
    answer = done(t.reverse(order_no))
    check(answer["state"] == "reversed", f"状态 state: {answer['state']}")
    refused(t.sale(token, 12_000, order_no, customer.voucher_ids), "order_reversed")


@CANCEL.case("撤销两次，答复相同", "reversed twice: the same answer")
def twice(t: Stage) -> None:
    _, order_no = _paid(t)
    first, again = (done(t.reverse(order_no)) for _ in range(2))
    check(first == again, "两次答复不同 the answers differ")


@RECONCILE.case(
    "请求发出前断电：对账时撤销，迟到的请求不再生效",
    "killed before the request arrived: reconciled by a reversal, a late request has no effect",
)
def killed_before(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token, (voucher_id,) = t.token(customer), customer.voucher_ids
    t.killed("redemptions", "redeem", token, 12_000, order_no, voucher_id, forward=False)
    t.reconcile()
    check(done(t.find(order_no))["state"] == "reversed", "订单没有撤销 the order is not reversed")
    refused(t.sale(token, 12_000, order_no, [voucher_id]), "order_reversed")


@RECONCILE.case(
    "核销后、答复前断电：对账得知已核销",
    "killed after the redemption, before its answer: reconciled as redeemed",
)
def killed_after(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token, (voucher_id,) = t.token(customer), customer.voucher_ids
    t.killed("redemptions", "redeem", token, 12_000, order_no, voucher_id, forward=True)
    t.reconcile()
    found = done(t.find(order_no))
    check(found["state"] == "redeemed", f"状态 state: {found['state']}")


@RECONCILE.case(
    "退款的答复前断电：对账后只退一次", "killed before the answer to a refund: one refund in the end"
)
def killed_refund(t: Stage) -> None:
    _, order_no = _paid(t)
    path = f"redemptions/{order_no}/reversals"
    t.killed(path, "reverse", order_no, "认证 certification", "--refund", 5_000, forward=True)
    t.reconcile()
    refunds = done(t.find(order_no))["refunds"]
    check([each["reversed_fen"] for each in refunds] == [5_000], f"退款 refunds: {refunds}")
